import { ROLES, type Role } from '@importer/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { client, type AnswerOf } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CopyBlock, CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { ChoiceField, TextField } from '../../design/fields.tsx'
import { Page, Panel, Scroll } from '../../design/layout.tsx'
import { Badge, Empty, ErrorNote, Loading, Note } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { Freshness } from '../../live/freshness.tsx'
import { useSession } from '../../session/session.tsx'
import { AuditEvents } from './audit-events.tsx'

type Key = AnswerOf<'listApiKeys'>['items'][number]

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  read: 'read: sees everything, changes nothing',
  write: 'write: uploads, corrects, reverts, loads reference data',
  admin: 'admin: keys and webhooks too',
}

/** Who may call, and what happened to that. */
export function KeysView() {
  const { may } = useSession()
  if (!may('admin')) {
    return (
      <Page title="API keys">
        <Empty title="These are for administrators.">
          <p>Sign in with a key that has the role admin.</p>
        </Empty>
      </Page>
    )
  }
  return <Keys />
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
        {query.isPending && <Loading what="the keys" />}
        {query.isError && query.data === undefined && <ErrorNote error={query.error} onRetry={query.refetch} />}
        {query.data !== undefined && <KeyTable keys={query.data.items} />}
      </Panel>
      <AuditEvents />
      <CurlDisclosure command={makeCurl('listApiKeys', {})} />
    </Page>
  )
}

function NewKey() {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('read')
  const make = useMutation({
    mutationFn: async () => client.createApiKey({ body: { role, ...(name.trim() !== '' && { name: name.trim() }) } }),
    onSuccess: async () => {
      setName('')
      await queries.invalidateQueries({ queryKey: ['keys'], refetchType: 'all' })
    },
  })
  return (
    <Panel title="New key">
      <form
        className={styles.stack}
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
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
      </form>
      {make.isError && <ErrorNote error={make.error} />}
      {make.data !== undefined && (
        <Note tone="good">
          <p>
            <strong>This is the key. It is shown this once:</strong> keep it where only its user finds it.
          </p>
          <CopyBlock what="key" text={make.data.key} />
          <span>
            <Button isSmall onClick={() => make.reset()}>
              I have it
            </Button>
          </span>
        </Note>
      )}
    </Panel>
  )
}

function KeyTable({ keys }: { readonly keys: readonly Key[] }) {
  const queries = useQueryClient()
  const [confirming, setConfirming] = useState<Key | null>(null)
  const revoke = useMutation({
    mutationFn: async (keyId: number) => client.revokeApiKey({ keyId }),
    onSuccess: async () => {
      setConfirming(null)
      await queries.invalidateQueries({ queryKey: ['keys'], refetchType: 'all' })
    },
  })
  return (
    <>
      <Scroll label="API keys">
        <table className={styles.cards}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Made</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.id}>
                <td data-label="Name" className={styles.value}>
                  {key.name ?? 'without a name'}
                  <div className={styles.hint}>key {key.id}</div>
                </td>
                <td data-label="Role">{key.role}</td>
                <td data-label="Made">
                  <Time at={key.createdAt} />
                </td>
                <td data-label="State">
                  {key.revokedAt === null ? <Badge tone="good">Works</Badge> : <Badge>Revoked</Badge>}
                </td>
                <td>
                  {key.revokedAt === null && (
                    <Button isSmall look="danger" onClick={() => setConfirming(key)}>
                      Revoke
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {confirming !== null && (
        <ConfirmDialog
          title="Revoke this key?"
          confirm={`Revoke key ${confirming.id}`}
          isBusy={revoke.isPending}
          onConfirm={() => revoke.mutate(confirming.id)}
          onClose={() => setConfirming(null)}
        >
          <p className={styles.value}>
            Key {confirming.id}, {confirming.name ?? 'without a name'}: whoever uses it is refused within a second, and
            sessions that were signed in with it end. This cannot be taken back.
          </p>
          {revoke.isError && <ErrorNote error={revoke.error} />}
        </ConfirmDialog>
      )}
    </>
  )
}
