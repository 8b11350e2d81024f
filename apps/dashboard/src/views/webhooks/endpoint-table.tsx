import { useState } from 'react'

import { client, type AnswerOf } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import { CardTable, type Column } from '../../design/card-table.tsx'
import styles from '../../design/design.module.css'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { Badge, ErrorNote } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { useChange } from '../../live/use-change.ts'

type Endpoint = AnswerOf<'listWebhookEndpoints'>['items'][number]
type Action = 'test' | 'enable' | 'disable' | 'delete'

const REASONS: Readonly<Record<NonNullable<Endpoint['disabledReason']>, string>> = {
  GONE: 'It answered 410: it wants no more.',
  FAILING: 'It failed for five days.',
  MANUAL: 'Somebody disabled it.',
}

const ACTIONS: Readonly<Record<Endpoint['status'], readonly { readonly action: Action; readonly text: string }[]>> = {
  active: [
    { action: 'test', text: 'Send a test' },
    { action: 'disable', text: 'Disable' },
  ],
  disabled: [{ action: 'enable', text: 'Enable' }],
}

const COLUMNS: readonly Column<Endpoint>[] = [
  {
    name: 'Address',
    className: styles.value,
    renderCell: ({ url, description }) => (
      <>
        {url}
        {description !== null && <div className={styles.hint}>{description}</div>}
      </>
    ),
  },
  { name: 'Events', renderCell: ({ eventTypes }) => (eventTypes.length === 0 ? 'all' : eventTypes.join(', ')) },
  {
    name: 'State',
    renderCell: ({ status, disabledReason, failingSince }) => (
      <>
        <Badge tone={status === 'active' ? 'good' : 'bad'}>{status === 'active' ? 'Active' : 'Disabled'}</Badge>
        {disabledReason !== null && <div className={styles.hint}>{REASONS[disabledReason]}</div>}
        {failingSince !== null && (
          <div className={styles.fault}>
            failing since <Time at={failingSince} />
          </div>
        )}
      </>
    ),
  },
]

interface EndpointTableProps {
  readonly endpoints: readonly Endpoint[]
  readonly onShowDeliveries: (id: number) => void
}

export function EndpointTable({ endpoints, onShowDeliveries }: EndpointTableProps) {
  const [confirming, setConfirming] = useState<Endpoint | null>(null)
  const act = useChange({
    act: async ({ id, action }: { id: number; action: Action }) => perform(id, action),
    renews: ['endpoints', 'deliveries'],
    onDone: () => setConfirming(null),
  })
  return (
    <>
      {act.isError && confirming === null && <ErrorNote error={act.error} />}
      <CardTable
        label="Webhook endpoints"
        rows={endpoints}
        keyOf={({ id }) => id}
        columns={COLUMNS}
        renderActions={(endpoint) => (
          <span className={styles.actions}>
            <Button isSmall onClick={() => onShowDeliveries(endpoint.id)}>
              Deliveries
            </Button>
            {ACTIONS[endpoint.status].map(({ action, text }) => (
              <Button
                key={action}
                isSmall
                disabled={act.isPending}
                onClick={() => act.mutate({ id: endpoint.id, action })}
              >
                {text}
              </Button>
            ))}
            <Button isSmall look="danger" onClick={() => setConfirming(endpoint)}>
              Delete
            </Button>
          </span>
        )}
      />
      {confirming !== null && (
        <ConfirmDialog
          title="Delete this endpoint?"
          confirm={`Delete endpoint ${confirming.id}`}
          act={act}
          onConfirm={() => act.mutate({ id: confirming.id, action: 'delete' })}
          onClose={() => setConfirming(null)}
        >
          <p className={styles.value}>{confirming.url} is notified of nothing more, and its secret is forgotten.</p>
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
