import { client, type AnswerOf } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import { CardTable, type Column } from '../../design/card-table.tsx'
import styles from '../../design/design.module.css'
import { Badge, ErrorNote } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { formatDuration } from '../../format/times.ts'
import { wordCode, type Tone } from '../../format/words.ts'
import { useChange } from '../../live/use-change.ts'

type Delivery = AnswerOf<'listWebhookDeliveries'>['items'][number]
type Attempt = Delivery['attempts'][number]

const TONES: Readonly<Record<Delivery['status'], Tone>> = { pending: 'busy', delivered: 'good', failed: 'bad' }

const COLUMNS: readonly Column<Delivery>[] = [
  {
    name: 'Event',
    renderCell: ({ eventType, url, createdAt }) => (
      <>
        {eventType}
        <div className={styles.value}>{url}</div>
        <div className={styles.hint}>
          <Time at={createdAt} />
        </div>
      </>
    ),
  },
  {
    name: 'State',
    renderCell: ({ status, failureCode, nextAttemptAt }) => (
      <>
        <Badge tone={TONES[status]}>{wordCode(status)}</Badge>
        {failureCode !== null && <div className={styles.hint}>{wordCode(failureCode)}</div>}
        {status === 'pending' && nextAttemptAt !== null && (
          <div className={styles.hint}>
            next attempt <Time at={nextAttemptAt} />
          </div>
        )}
      </>
    ),
  },
  { name: 'Attempts', renderCell: ({ attempts }) => <Attempts attempts={attempts} /> },
]

/** Deliveries with their attempts. What a receiver answered is text, whatever it is. */
export function DeliveryTable({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const send = useChange({
    act: async (deliveryId: number) => client.redeliverWebhook({ deliveryId }),
    renews: ['deliveries'],
  })
  return (
    <>
      {send.isError && <ErrorNote error={send.error} />}
      <CardTable
        label="Webhook deliveries"
        rows={deliveries}
        keyOf={({ id }) => id}
        columns={COLUMNS}
        renderActions={({ id, status }) =>
          status !== 'pending' && (
            <Button isSmall disabled={send.isPending} onClick={() => send.mutate(id)}>
              Send again
            </Button>
          )
        }
      />
    </>
  )
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  const last = attempts.at(-1)
  if (last === undefined) return <span className={styles.quiet}>none yet</span>
  return (
    <details className={styles.disclosure}>
      <summary>
        {last.number}, the last: {describe(last)}
      </summary>
      <ol className={styles.stack}>
        {attempts.map((attempt) => (
          <li key={attempt.number} value={attempt.number}>
            <Time at={attempt.startedAt} />: {describe(attempt)}
            {attempt.durationMs !== null && ` after ${formatDuration(attempt.durationMs)}`}
            {attempt.answer !== null && attempt.answer !== '' && <pre className={styles.code}>{attempt.answer}</pre>}
          </li>
        ))}
      </ol>
    </details>
  )
}

function describe(attempt: Attempt): string {
  if (attempt.error !== null) return wordCode(attempt.error)
  return attempt.status === null ? 'under way' : `HTTP ${attempt.status}`
}
