import { client } from '../../api/client.ts'
import { Button, ButtonLink } from '../../design/button.tsx'
import { CardTable, type Column } from '../../design/card-table.tsx'
import styles from '../../design/design.module.css'
import { Panel } from '../../design/layout.tsx'
import { ErrorNote, Loading } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { ShowMore, usePages } from '../../live/pages.tsx'
import { useChange } from '../../live/use-change.ts'
import { namesOfChanges, wordOption, type Profile } from './profile-draft.ts'

interface ProfileVersionsProps {
  readonly name: string
  /** Null: the profile is deleted, or not known yet. */
  readonly latest: number | null
  readonly mayChange: boolean
}

/** Every version that there was: who saved it, and what it changed. An older one can be saved again. */
export function ProfileVersions({ name, latest, mayChange }: ProfileVersionsProps) {
  const { items: versions, query } = usePages({
    queryKey: ['profiles', 'versions', name],
    load: async (place, signal) => client.listImportProfileVersions({ name, limit: 20, ...place }, { signal }),
    retry: false,
  })
  const restore = useChange({
    act: async (version: Profile) => client.saveImportProfile({ name, body: version }),
    renews: ['profiles'],
  })
  const restoring: Column<Profile> = {
    name: 'Restore',
    renderCell: (version) =>
      version.version === latest ? (
        'In use'
      ) : (
        <Button isSmall disabled={restore.isPending} onClick={() => restore.mutate(version)}>
          Restore version {version.version}
        </Button>
      ),
  }
  if (query.isError && query.data === undefined) return null
  return (
    <Panel title="Versions">
      {query.isPending && <Loading what="the versions" />}
      {restore.isError && <ErrorNote error={restore.error} />}
      {versions.length > 0 && (
        <CardTable
          label="Versions"
          rows={versions}
          keyOf={({ version }) => version}
          columns={[
            { name: 'Version', className: styles.number, renderCell: ({ version }) => version },
            { name: 'Saved', renderCell: ({ savedAt }) => <Time at={savedAt} /> },
            { name: 'Saved by', className: styles.value, renderCell: ({ savedBy }) => savedBy.name },
            { name: 'What changed', renderCell: (version, index) => describeChange(version, versions[index + 1]) },
            ...(mayChange ? [restoring] : []),
          ]}
        />
      )}
      <div className={styles.row}>
        <ShowMore query={query} />
        <ButtonLink look="plain" href={`/imports?profile=${encodeURIComponent(name)}`}>
          Imports made with it
        </ButtonLink>
      </div>
    </Panel>
  )
}

function describeChange(version: Profile, before: Profile | undefined): string {
  if (before === undefined) return version.version === 1 ? 'The first' : '–'
  const names = namesOfChanges(before, version).map(wordOption)
  return names.length === 0 ? 'Nothing' : names.join(', ')
}
