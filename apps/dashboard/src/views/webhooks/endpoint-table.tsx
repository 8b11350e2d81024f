import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { client, type AnswerOf } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { Scroll } from '../../design/layout.tsx'
import { Badge, ErrorNote } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'

type Endpoint = AnswerOf<'listWebhookEndpoints'>['items'][number]
type Action = 'test' | 'enable' | 'disable' | 'delete'

const REASONS: Readonly<Record<NonNullable<Endpoint['disabledReason']>, string>> = {
  GONE: 'It answered 410: it wants no more.',
  FAILING: 'It failed for five days.',
  MANUAL: 'Somebody disabled it.',
}

interface EndpointTableProps {
  readonly endpoints: readonly Endpoint[]
  readonly onShowDeliveries: (id: number) => void
}

export function EndpointTable({ endpoints, onShowDeliveries }: EndpointTableProps) {
  const queries = useQueryClient()
  const [confirming, setConfirming] = useState<Endpoint | null>(null)
  const act = useMutation({
    mutationFn: async ({ id, action }: { id: number; action: Action }) => perform(id, action),
    onSuccess: async () => {
      setConfirming(null)
      await queries.invalidateQueries({ queryKey: ['endpoints'], refetchType: 'all' })
      await queries.invalidateQueries({ queryKey: ['deliveries'], refetchType: 'all' })
    },
  })
  return (
    <>
      {act.isError && confirming === null && <ErrorNote error={act.error} />}
      <Scroll label="Webhook endpoints">
        <table className={styles.cards}>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Events</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {endpoints.map((endpoint) => (
              <tr key={endpoint.id}>
                <td data-label="Address" className={styles.value}>
                  {endpoint.url}
                  {endpoint.description !== null && <div className={styles.hint}>{endpoint.description}</div>}
                </td>
                <td data-label="Events">{endpoint.eventTypes.length === 0 ? 'all' : endpoint.eventTypes.join(', ')}</td>
                <td data-label="State">
                  <Badge tone={endpoint.status === 'active' ? 'good' : 'bad'}>
                    {endpoint.status === 'active' ? 'Active' : 'Disabled'}
                  </Badge>
                  {endpoint.disabledReason !== null && (
                    <div className={styles.hint}>{REASONS[endpoint.disabledReason]}</div>
                  )}
                  {endpoint.failingSince !== null && (
                    <div className={styles.fault}>
                      failing since <Time at={endpoint.failingSince} />
                    </div>
                  )}
                </td>
                <td>
                  <span className={styles.actions}>
                    <Button isSmall onClick={() => onShowDeliveries(endpoint.id)}>
                      Deliveries
                    </Button>
                    {endpoint.status === 'active' ? (
                      <>
                        <Button
                          isSmall
                          disabled={act.isPending}
                          onClick={() => act.mutate({ id: endpoint.id, action: 'test' })}
                        >
                          Send a test
                        </Button>
                        <Button
                          isSmall
                          disabled={act.isPending}
                          onClick={() => act.mutate({ id: endpoint.id, action: 'disable' })}
                        >
                          Disable
                        </Button>
                      </>
                    ) : (
                      <Button
                        isSmall
                        disabled={act.isPending}
                        onClick={() => act.mutate({ id: endpoint.id, action: 'enable' })}
                      >
                        Enable
                      </Button>
                    )}
                    <Button isSmall look="danger" onClick={() => setConfirming(endpoint)}>
                      Delete
                    </Button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {confirming !== null && (
        <ConfirmDialog
          title="Delete this endpoint?"
          confirm={`Delete endpoint ${confirming.id}`}
          isBusy={act.isPending}
          onConfirm={() => act.mutate({ id: confirming.id, action: 'delete' })}
          onClose={() => setConfirming(null)}
        >
          <p className={styles.value}>{confirming.url} is notified of nothing more, and its secret is forgotten.</p>
          {act.isError && <ErrorNote error={act.error} />}
        </ConfirmDialog>
      )}
    </>
  )
}

async function perform(endpointId: number, action: Action): Promise<unknown> {
  switch (action) {
    case 'test':
      return client.testWebhookEndpoint({ endpointId })
    case 'enable':
      return client.changeWebhookEndpoint({ endpointId, body: { status: 'active' } })
    case 'disable':
      return client.changeWebhookEndpoint({ endpointId, body: { status: 'disabled' } })
    case 'delete':
      return client.deleteWebhookEndpoint({ endpointId })
  }
}
