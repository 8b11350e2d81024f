import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { DELIVERY_STATUSES } from '@importer/contracts'
import { z } from 'zod'

import { useViewState } from '../../address/use-view-state.ts'
import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import { ChoiceField } from '../../design/fields.tsx'
import styles from '../../design/design.module.css'
import { Page, Panel } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { wordCode } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useInterval } from '../../live/live-updates.tsx'
import { useSession } from '../../session/session.tsx'
import { DeliveryTable } from './delivery-table.tsx'
import { EndpointTable } from './endpoint-table.tsx'
import { NewEndpoint } from './new-endpoint.tsx'

const POLL_MS = 5_000

const viewState = z.object({
  status: z.enum(DELIVERY_STATUSES).optional(),
  endpointId: z
    .string()
    .regex(/^\d{1,10}$/)
    .optional(),
  before: z
    .string()
    .regex(/^\d{1,16}$/)
    .optional(),
})

/** Who is notified when an import ends, and how that goes. */
export function WebhooksView() {
  const { may } = useSession()
  if (!may('admin')) {
    return (
      <Page title="Webhooks">
        <Empty title="These are for administrators.">
          <p>Sign in with a key that has the role admin.</p>
        </Empty>
      </Page>
    )
  }
  return <Webhooks />
}

function Webhooks() {
  const interval = useInterval(POLL_MS)
  const [{ status, endpointId, before }, setState] = useViewState(viewState)
  const endpoints = useQuery({
    queryKey: ['endpoints'],
    queryFn: async ({ signal }) => client.listWebhookEndpoints({ limit: 200 }, { signal }),
    refetchInterval: interval,
  })
  const call = {
    limit: 50,
    ...(status !== undefined && { status }),
    ...(endpointId !== undefined && { endpointId }),
    ...(before !== undefined && { cursor: before }),
  }
  const deliveries = useQuery({
    queryKey: ['deliveries', call],
    queryFn: async ({ signal }) => client.listWebhookDeliveries(call, { signal }),
    refetchInterval: interval,
    placeholderData: keepPreviousData,
  })
  return (
    <Page
      title="Webhooks"
      lead="Other systems that are notified when an import ends."
      actions={<Freshness query={deliveries} />}
    >
      <NewEndpoint />
      <Panel title="Endpoints">
        {endpoints.isPending && <Loading what="the endpoints" />}
        {endpoints.isError && endpoints.data === undefined && (
          <ErrorNote error={endpoints.error} onRetry={endpoints.refetch} />
        )}
        {endpoints.data?.items.length === 0 && (
          <Empty title="No endpoint yet.">
            <p>An endpoint gets a signed request whenever an import completes, fails, is cancelled or is reverted.</p>
          </Empty>
        )}
        {endpoints.data !== undefined && endpoints.data.items.length > 0 && (
          <EndpointTable
            endpoints={endpoints.data.items}
            onShowDeliveries={(id) => setState({ endpointId: String(id), before: undefined })}
          />
        )}
      </Panel>
      <Panel
        title={endpointId === undefined ? 'Deliveries' : `Deliveries of endpoint ${endpointId}`}
        aside={
          endpointId !== undefined && (
            <Button look="plain" isSmall onClick={() => setState({ endpointId: undefined, before: undefined })}>
              Show those of all endpoints
            </Button>
          )
        }
      >
        <ChoiceField
          label="State of the delivery"
          value={status ?? ''}
          onChoice={(choice) =>
            setState({ status: DELIVERY_STATUSES.find((one) => one === choice), before: undefined })
          }
          choices={[
            { value: '', text: 'Any' },
            ...DELIVERY_STATUSES.map((one) => ({ value: one, text: wordCode(one) })),
          ]}
        />
        {deliveries.isPending && <Loading what="the deliveries" />}
        {deliveries.isError && deliveries.data === undefined && (
          <ErrorNote error={deliveries.error} onRetry={deliveries.refetch} />
        )}
        {deliveries.data?.items.length === 0 && <Empty title="No delivery." />}
        {deliveries.data !== undefined && deliveries.data.items.length > 0 && (
          <DeliveryTable deliveries={deliveries.data.items} />
        )}
        <div className={styles.row}>
          {before !== undefined && <Button onClick={() => setState({ before: undefined })}>To the newest</Button>}
          {deliveries.data !== undefined && deliveries.data.nextCursor !== null && (
            <Button onClick={() => setState({ before: deliveries.data.nextCursor ?? undefined })}>Older</Button>
          )}
        </div>
      </Panel>
      <CurlDisclosure command={makeCurl('listWebhookDeliveries', call)} />
    </Page>
  )
}
