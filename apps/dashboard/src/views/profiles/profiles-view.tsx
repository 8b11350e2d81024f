import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { client, type AnswerOf } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button, ButtonLink } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { Facts, Page, Panel } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { wordCode, wordColumn } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useSession } from '../../session/session.tsx'

type Profile = AnswerOf<'listImportProfiles'>['items'][number]

/** Saved ways to read files of one kind. */
export function ProfilesView() {
  const { may } = useSession()
  const query = useQuery({
    queryKey: ['profiles'],
    queryFn: async ({ signal }) => client.listImportProfiles({}, { signal }),
  })
  return (
    <Page
      title="Profiles"
      lead="Saved ways to read files of one kind: what their columns mean, and how dates are written."
      actions={<Freshness query={query} />}
    >
      {query.isPending && <Loading what="the profiles" />}
      {query.isError && query.data === undefined && <ErrorNote error={query.error} onRetry={query.refetch} />}
      {query.data?.items.length === 0 && (
        <Panel title="No profile yet">
          <Empty title="Files of the same kind need their columns explained once only.">
            <p>Choose a file, say what its columns mean, and save that under a name. Uploads by program use it too.</p>
            {may('write') && <ButtonLink href="/imports/new">New import</ButtonLink>}
          </Empty>
        </Panel>
      )}
      {query.data?.items.map((profile) => (
        <ProfilePanel key={profile.name} profile={profile} mayChange={may('write')} />
      ))}
      <CurlDisclosure command={makeCurl('listImportProfiles', {})} />
    </Page>
  )
}

function ProfilePanel({ profile, mayChange }: { readonly profile: Profile; readonly mayChange: boolean }) {
  const queries = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const remove = useMutation({
    mutationFn: async () => client.deleteImportProfile({ name: profile.name }),
    onSuccess: async () => queries.invalidateQueries({ queryKey: ['profiles'], refetchType: 'all' }),
  })
  const { name, version, savedAt, savedBy, uploadHeaders = {}, ...options } = profile
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return (
    <Panel
      title={name}
      aside={
        mayChange && (
          <>
            <ButtonLink isSmall href={`/imports/new?profile=${encodeURIComponent(name)}`}>
              Use or change it
            </ButtonLink>
            <Button isSmall look="danger" onClick={() => setAsked(true)}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Facts
        facts={[
          { name: 'Version', value: version },
          { name: 'Saved', value: <Time at={savedAt} /> },
          { name: 'Saved by', value: <span className={styles.value}>{savedBy.name}</span> },
          ...Object.entries(uploadHeaders).map(([key, column]) => ({
            name: wordColumn(key),
            value: <span className={styles.value}>{describeColumn(column)}</span>,
          })),
          ...given.map(([key, value]) => ({
            name: wordCode(key.replaceAll(/([A-Z])/g, ' $1')),
            value: <span className={styles.value}>{String(value)}</span>,
          })),
        ]}
      />
      {isAsked && (
        <ConfirmDialog
          title="Delete this profile?"
          confirm={`Delete the profile and its ${version === 1 ? 'version' : `${version} versions`}`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsked(false)}
        >
          <p className={styles.value}>
            Uploads that name “{name}” are refused from then on. Imports made with it stay.
          </p>
          {remove.isError && <ErrorNote error={remove.error} />}
        </ConfirmDialog>
      )}
    </Panel>
  )
}

function describeColumn(column: number | string | readonly string[]): string {
  if (typeof column === 'number') return `column ${column + 1}`
  return typeof column === 'string' ? column : column.join(', or ')
}
