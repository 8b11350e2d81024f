import { useMutation, useQueryClient } from '@tanstack/react-query'

import { client, type AnswerOf } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Scroll } from '../../design/layout.tsx'
import { Badge, ErrorNote } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { formatDuration } from '../../format/times.ts'
import { wordCode, type Tone } from '../../format/words.ts'

type Delivery = AnswerOf<'listWebhookDeliveries'>['items'][number]
type Attempt = Delivery['attempts'][number]

const TONES: Readonly<Record<Delivery['status'], Tone>> = { pending: 'busy', delivered: 'good', failed: 'bad' }

/** Deliveries with their attempts. What a receiver answered is text, whatever it is. */
export function DeliveryTable({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const queries = useQueryClient()
  const send = useMutation({
    mutationFn: async (deliveryId: number) => client.redeliverWebhook({ deliveryId }),
    onSuccess: async () => queries.invalidateQueries({ queryKey: ['deliveries'], refetchType: 'all' }),
  })
  return (
    <>
      {send.isError && <ErrorNote error={send.error} />}
      <Scroll label="Webhook deliveries">
        <table className={styles.cards}>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">State</th>
              <th scope="col">Attempts</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map((delivery) => (
              <tr key={delivery.id}>
                <td data-label="Event">
                  {delivery.eventType}
                  <div className={styles.value}>{delivery.url}</div>
                  <div className={styles.hint}>
                    <Time at={delivery.createdAt} />
                  </div>
                </td>
                <td data-label="State">
                  <Badge tone={TONES[delivery.status]}>{wordCode(delivery.status)}</Badge>
                  {delivery.failureCode !== null && <div className={styles.hint}>{wordCode(delivery.failureCode)}</div>}
                  {delivery.status === 'pending' && delivery.nextAttemptAt !== null && (
                    <div className={styles.hint}>
                      next attempt <Time at={delivery.nextAttemptAt} />
                    </div>
                  )}
                </td>
                <td data-label="Attempts">
                  <Attempts attempts={delivery.attempts} />
                </td>
                <td>
                  {delivery.status !== 'pending' && (
                    <Button isSmall disabled={send.isPending} onClick={() => send.mutate(delivery.id)}>
                      Send again
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  )
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  if (attempts.length === 0) return <span className={styles.quiet}>none yet</span>
  return (
    <details className={styles.disclosure}>
      <summary>
        {attempts.length}, the last: {describe(attempts.at(-1))}
      </summary>
      <ol className={styles.stack}>
        {attempts.map((attempt) => (
          <li key={attempt.number}>
            <Time at={attempt.startedAt} />: {describe(attempt)}
            {attempt.durationMs !== null && ` after ${formatDuration(attempt.durationMs)}`}
            {attempt.answer !== null && attempt.answer !== '' && <pre className={styles.code}>{attempt.answer}</pre>}
          </li>
        ))}
      </ol>
    </details>
  )
}

function describe(attempt: Attempt | undefined): string {
  if (attempt === undefined) return '–'
  if (attempt.error !== null) return wordCode(attempt.error)
  return attempt.status === null ? 'under way' : `HTTP ${attempt.status}`
}
