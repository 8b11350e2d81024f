import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'wouter'

import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { ButtonLink } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Page, Panel, Scroll } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { ShowMore } from '../../design/show-more.tsx'
import { Time } from '../../design/time.tsx'
import { Freshness } from '../../live/freshness.tsx'
import { useSession } from '../../session/session.tsx'

/** Saved ways to read files of one kind. */
export function ProfilesView() {
  const { may } = useSession()
  const query = useInfiniteQuery({
    queryKey: ['profiles', 'pages'],
    queryFn: async ({ pageParam, signal }) =>
      client.listImportProfiles({ limit: 50, ...(pageParam !== null && { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
  const profiles = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Page
      title="Profiles"
      lead="Saved ways to read files of one kind: what their columns mean, and how dates are written."
      actions={<Freshness query={query} />}
    >
      <Panel title={profiles.length === 0 ? 'No profile yet' : 'All profiles'}>
        {query.isPending && <Loading what="the profiles" />}
        {query.isError && query.data === undefined && <ErrorNote error={query.error} onRetry={query.refetch} />}
        {query.data !== undefined && profiles.length === 0 && (
          <Empty title="Files of the same kind need their columns explained once only.">
            <p>Choose a file, say what its columns mean, and save that under a name. Uploads by program use it too.</p>
            {may('write') && <ButtonLink href="/imports/new">New import</ButtonLink>}
          </Empty>
        )}
        {profiles.length > 0 && (
          <Scroll label="All profiles">
            <table className={styles.cards}>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Version</th>
                  <th scope="col">Saved</th>
                  <th scope="col">Saved by</th>
                  <th scope="col">Series</th>
                </tr>
              </thead>
              <tbody>
                {profiles.map(({ name, version, savedAt, savedBy, seriesId }) => (
                  <tr key={name}>
                    <td data-label="Name" className={styles.value}>
                      <Link href={`/profiles/${encodeURIComponent(name)}`}>{name}</Link>
                    </td>
                    <td data-label="Version" className={styles.number}>
                      {version}
                    </td>
                    <td data-label="Saved">
                      <Time at={savedAt} />
                    </td>
                    <td data-label="Saved by" className={styles.value}>
                      {savedBy.name}
                    </td>
                    <td data-label="Series" className={styles.number}>
                      {seriesId ?? '–'}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
        <div>
          <ShowMore query={query} />
        </div>
      </Panel>
      <CurlDisclosure command={makeCurl('listImportProfiles', {})} />
    </Page>
  )
}
