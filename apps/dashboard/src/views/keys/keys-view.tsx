import { ROLES, type Role } from '@importer/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { client, type AnswerOf } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CardTable, type Column } from '../../design/card-table.tsx'
import { CurlDisclosure, ShownOnce } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { ChoiceField, Form, TextField } from '../../design/fields.tsx'
import { Page, Panel } from '../../design/layout.tsx'
import { Awaited, Badge, ErrorNote } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { Freshness } from '../../live/freshness.tsx'
import { useChange } from '../../live/use-change.ts'
import { ForRole } from '../../session/session.tsx'
import { AuditEvents } from './audit-events.tsx'

type Key = AnswerOf<'listApiKeys'>['items'][number]

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  read: 'read: sees everything, changes nothing',
  write: 'write: uploads, corrects, reverts, loads reference data',
  admin: 'admin: keys and webhooks too',
}

/** Who may call, and what happened to that. */
export function KeysView() {
  return (
    <ForRole needed="admin" title="API keys" refusal="These are for administrators.">
      <Keys />
    </ForRole>
  )
}

function Keys() {
  const query = useQuery({ queryKey: ['keys'], queryFn: async ({ signal }) => client.listApiKeys({}, { signal }) })
  return (
    <Page
      title="API keys"
      lead="Who may use the API and this page. A key is shown once, when it is made."
      actions={<Freshness query={query} />}
    >
      <NewKey />
      <Panel title="All keys">
        <Awaited what="the keys" query={query} />
        {query.data !== undefined && <KeyTable keys={query.data.items} />}
      </Panel>
      <AuditEvents />
      <CurlDisclosure command={makeCurl('listApiKeys', {})} />
    </Page>
  )
}

function NewKey() {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('read')
  const make = useChange({
    act: async () => client.createApiKey({ body: { role, ...(name.trim() !== '' && { name: name.trim() }) } }),
    renews: ['keys'],
    onDone: () => setName(''),
  })
  return (
    <Panel title="New key">
      <Form onSubmit={() => make.mutate()}>
        <div className={styles.fields}>
          <TextField label="Name" hint="Whose it is, or what it is for" maxLength={100} value={name} onText={setName} />
          <ChoiceField
            label="Role"
            value={role}
            onChoice={(choice) => setRole(choice as Role)}
            choices={ROLES.map((one) => ({ value: one, text: ROLE_WORDS[one] }))}
          />
        </div>
        <div>
          <Button type="submit" look="primary" disabled={make.isPending}>
            Make a key
          </Button>
        </div>
      </Form>
      {make.isError && <ErrorNote error={make.error} />}
      {make.data !== undefined && (
        <ShownOnce what="key" text={make.data.key} onTaken={() => make.reset()}>
          <strong>This is the key. It is shown this once:</strong> keep it where only its user finds it.
        </ShownOnce>
      )}
    </Panel>
  )
}

const COLUMNS: readonly Column<Key>[] = [
  {
    name: 'Name',
    className: styles.value,
    renderCell: ({ id, name }) => (
      <>
        {name ?? 'without a name'}
        <div className={styles.hint}>key {id}</div>
      </>
    ),
  },
  { name: 'Role', renderCell: ({ role }) => role },
  { name: 'Made', renderCell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    name: 'State',
    renderCell: ({ revokedAt }) => (revokedAt === null ? <Badge tone="good">Works</Badge> : <Badge>Revoked</Badge>),
  },
]

function KeyTable({ keys }: { readonly keys: readonly Key[] }) {
  const [confirming, setConfirming] = useState<Key | null>(null)
  const revoke = useChange({
    act: async (keyId: number) => client.revokeApiKey({ keyId }),
    renews: ['keys'],
    onDone: () => setConfirming(null),
  })
  return (
    <>
      <CardTable
        label="API keys"
        rows={keys}
        keyOf={({ id }) => id}
        columns={COLUMNS}
        renderActions={(key) =>
          key.revokedAt === null && (
            <Button isSmall look="danger" onClick={() => setConfirming(key)}>
              Revoke
            </Button>
          )
        }
      />
      {confirming !== null && (
        <ConfirmDialog
          title="Revoke this key?"
          confirm={`Revoke key ${confirming.id}`}
          act={revoke}
          onConfirm={() => revoke.mutate(confirming.id)}
          onClose={() => setConfirming(null)}
        >
          <p className={styles.value}>
            Key {confirming.id}, {confirming.name ?? 'without a name'}: whoever uses it is refused within a second, and
            sessions that were signed in with it end. This cannot be taken back.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}
