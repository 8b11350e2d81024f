import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'

import { client } from '../../api/client.ts'
import { Button, ButtonLink } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Panel, Scroll } from '../../design/layout.tsx'
import { ErrorNote, Loading } from '../../design/notes.tsx'
import { ShowMore } from '../../design/show-more.tsx'
import { Time } from '../../design/time.tsx'
import { namesOfChanges, wordOption, type Profile } from './profile-draft.ts'

interface ProfileVersionsProps {
  readonly name: string
  /** Null: the profile is deleted, or not known yet. */
  readonly latest: number | null
  readonly mayChange: boolean
}

/** Every version that there was: who saved it, and what it changed. An older one can be saved again. */
export function ProfileVersions({ name, latest, mayChange }: ProfileVersionsProps) {
  const queries = useQueryClient()
  const query = useInfiniteQuery({
    queryKey: ['profiles', 'versions', name],
    queryFn: async ({ pageParam, signal }) =>
      client.listImportProfileVersions(
        { name, limit: 20, ...(pageParam !== null && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    retry: false,
  })
  const restore = useMutation({
    mutationFn: async (version: Profile) => client.saveImportProfile({ name, body: version }),
    onSuccess: async () => queries.invalidateQueries({ queryKey: ['profiles'], refetchType: 'all' }),
  })
  const versions = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError && query.data === undefined) return null
  return (
    <Panel title="Versions">
      {query.isPending && <Loading what="the versions" />}
      {restore.isError && <ErrorNote error={restore.error} />}
      {versions.length > 0 && (
        <Scroll label="Versions">
          <table className={styles.cards}>
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Saved</th>
                <th scope="col">Saved by</th>
                <th scope="col">What changed</th>
                {mayChange && <th scope="col">Restore</th>}
              </tr>
            </thead>
            <tbody>
              {versions.map((version, index) => (
                <tr key={version.version}>
                  <td data-label="Version" className={styles.number}>
                    {version.version}
                  </td>
                  <td data-label="Saved">
                    <Time at={version.savedAt} />
                  </td>
                  <td data-label="Saved by" className={styles.value}>
                    {version.savedBy.name}
                  </td>
                  <td data-label="What changed">{describeChange(version, versions[index + 1])}</td>
                  {mayChange && (
                    <td data-label="Restore">
                      {version.version === latest ? (
                        'In use'
                      ) : (
                        <Button isSmall disabled={restore.isPending} onClick={() => restore.mutate(version)}>
                          Restore version {version.version}
                        </Button>
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
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
