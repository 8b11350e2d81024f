import { useQuery } from '@tanstack/react-query'

import { client, type ImportView } from '../../api/client.ts'
import styles from '../../design/design.module.css'
import { Panel } from '../../design/layout.tsx'
import { Awaited } from '../../design/notes.tsx'
import { useInterval } from '../../live/live-updates.tsx'
import { DeliveryTable } from '../webhooks/delivery-table.tsx'

const POLL_MS = 5_000

/** Who was notified of this import, and how that went. */
export function Deliveries({ view }: { readonly view: ImportView }) {
  const importId = String(view.id)
  const interval = useInterval(POLL_MS)
  const query = useQuery({
    queryKey: ['deliveries', { importId }],
    queryFn: async ({ signal }) => client.listWebhookDeliveries({ importId, limit: 50 }, { signal }),
    refetchInterval: interval,
  })
  return (
    <Panel title="Webhook deliveries">
      <Awaited what="the deliveries" query={query} />
      {query.data?.items.length === 0 && <p className={styles.quiet}>Nobody was notified of this import.</p>}
      {query.data !== undefined && query.data.items.length > 0 && <DeliveryTable deliveries={query.data.items} />}
    </Panel>
  )
}
