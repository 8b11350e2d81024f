import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { DELIVERY_STATUSES } from '@importer/contracts'
import { z } from 'zod'

import { digits, useViewState } from '../../address/use-view-state.ts'
import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import { ChoiceField } from '../../design/fields.tsx'
import styles from '../../design/design.module.css'
import { Page, Panel } from '../../design/layout.tsx'
import { Awaited, Empty } from '../../design/notes.tsx'
import { wordCode } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useInterval } from '../../live/live-updates.tsx'
import { ForRole } from '../../session/session.tsx'
import { DeliveryTable } from './delivery-table.tsx'
import { EndpointTable } from './endpoint-table.tsx'
import { NewEndpoint } from './new-endpoint.tsx'

const POLL_MS = 5_000

const viewState = z.object({
  status: z.enum(DELIVERY_STATUSES).optional(),
  endpointId: digits(10).optional(),
  before: digits(16).optional(),
})

/** Who is notified when an import ends, and how that goes. */
export function WebhooksView() {
  return (
    <ForRole needed="admin" title="Webhooks" refusal="These are for administrators.">
      <Webhooks />
    </ForRole>
  )
}

function Webhooks() {
  const interval = useInterval(POLL_MS)
  const [{ status, endpointId, before }, setState] = useViewState(viewState)
  const endpoints = useQuery({
    queryKey: ['endpoints'],
    queryFn: async ({ signal }) => client.listWebhookEndpoints({ limit: 200 }, { signal }),
    refetchInterval: interval,
  })
  const call = { limit: 50, status, endpointId, cursor: before }
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
        <Awaited what="the endpoints" query={endpoints} />
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
        <Awaited what="the deliveries" query={deliveries} />
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
