import { RequestError } from '@importer/client'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'

import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button, ButtonLink } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { Page, Panel } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading, Note } from '../../design/notes.tsx'
import { Freshness } from '../../live/freshness.tsx'
import { useChange } from '../../live/use-change.ts'
import { useSession } from '../../session/session.tsx'
import type { Profile } from './profile-draft.ts'
import { ProfileFacts } from './profile-facts.tsx'
import { ProfileForm } from './profile-form.tsx'
import { ProfileVersions } from './profile-versions.tsx'

/** One profile: what it says, its versions, and who may changes it. */
export function ProfileView({ name }: { readonly name: string }) {
  const { may } = useSession()
  const query = useQuery({
    queryKey: ['profiles', 'one', name],
    queryFn: async ({ signal }) => client.showImportProfile({ name }, { signal }),
  })
  const isMissing = query.error instanceof RequestError && query.error.status === 404
  return (
    <Page
      title={name}
      lead="A saved way to read files of one kind."
      actions={
        <>
          <Freshness query={query} />
          {may('write') && query.data !== undefined && (
            <ButtonLink href={`/imports/new?profile=${encodeURIComponent(name)}`} look="primary">
              Use it
            </ButtonLink>
          )}
        </>
      }
    >
      {query.isPending && <Loading what="the profile" />}
      {isMissing && (
        <Panel title="No such profile">
          <Empty title="There is no profile of this name, or it was deleted.">
            <ButtonLink href="/profiles">All profiles</ButtonLink>
          </Empty>
        </Panel>
      )}
      {query.isError && !isMissing && query.data === undefined && (
        <ErrorNote error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && !isMissing && <Current profile={query.data} mayChange={may('write')} />}
      <ProfileVersions name={name} latest={isMissing ? null : (query.data?.version ?? null)} mayChange={may('write')} />
      <CurlDisclosure command={makeCurl('showImportProfile', { name })} />
    </Page>
  )
}

function Current({ profile, mayChange }: { readonly profile: Profile; readonly mayChange: boolean }) {
  const [isEdited, setEdited] = useState(false)
  const [notice, setNotice] = useState<string | null>(null)
  return (
    <Panel
      title="What it says"
      aside={
        mayChange &&
        !isEdited && (
          <>
            <Button
              isSmall
              onClick={() => {
                setNotice(null)
                setEdited(true)
              }}
            >
              Edit
            </Button>
            <DeleteProfile profile={profile} />
          </>
        )
      }
    >
      {notice !== null && (
        <div role="status">
          <Note tone="good">
            <p>{notice}</p>
          </Note>
        </div>
      )}
      {isEdited ? (
        <ProfileForm
          profile={profile}
          onSaved={(saved, between) => {
            setEdited(false)
            setNotice(
              `Saved as version ${saved.version}.` +
                (between > 0
                  ? ` Somebody else saved ${between === 1 ? 'a version' : `${between} versions`} meanwhile.`
                  : ''),
            )
          }}
          onCancel={() => setEdited(false)}
        />
      ) : (
        <ProfileFacts profile={profile} />
      )}
    </Panel>
  )
}

function DeleteProfile({ profile: { name, version } }: { readonly profile: Profile }) {
  const [, navigate] = useLocation()
  const [isConfirming, setConfirming] = useState(false)
  const remove = useChange({
    act: async () => client.deleteImportProfile({ name }),
    renews: ['profiles'],
    onDone: () => navigate('/profiles'),
  })
  return (
    <>
      <Button isSmall look="danger" onClick={() => setConfirming(true)}>
        Delete
      </Button>
      {isConfirming && (
        <ConfirmDialog
          title="Delete this profile?"
          confirm="Delete the profile"
          act={remove}
          onConfirm={() => remove.mutate()}
          onClose={() => setConfirming(false)}
        >
          <p className={styles.value}>
            Uploads that name “{name}” are refused from then on. Imports made with it stay, and so{' '}
            {version === 1 ? 'does its version' : `do its ${version} versions`}: saved again it goes on counting.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}
