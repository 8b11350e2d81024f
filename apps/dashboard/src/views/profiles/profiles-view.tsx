import { Link } from 'wouter'

import { client, type AnswerOf } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { ButtonLink } from '../../design/button.tsx'
import { CardTable, type Column } from '../../design/card-table.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Page, Panel } from '../../design/layout.tsx'
import { Awaited, Empty } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { Freshness } from '../../live/freshness.tsx'
import { ShowMore, usePages } from '../../live/pages.tsx'
import { useSession } from '../../session/session.tsx'

const COLUMNS: readonly Column<AnswerOf<'listImportProfiles'>['items'][number]>[] = [
  {
    name: 'Name',
    className: styles.value,
    renderCell: ({ name }) => <Link href={`/profiles/${encodeURIComponent(name)}`}>{name}</Link>,
  },
  { name: 'Version', className: styles.number, renderCell: ({ version }) => version },
  { name: 'Saved', renderCell: ({ savedAt }) => <Time at={savedAt} /> },
  { name: 'Saved by', className: styles.value, renderCell: ({ savedBy }) => savedBy.name },
  { name: 'Series', className: styles.number, renderCell: ({ seriesId }) => seriesId ?? '–' },
]

/** Saved ways to read files of one kind. */
export function ProfilesView() {
  const { may } = useSession()
  const { items: profiles, query } = usePages({
    queryKey: ['profiles', 'pages'],
    load: async (place, signal) => client.listImportProfiles({ limit: 50, ...place }, { signal }),
  })
  return (
    <Page
      title="Profiles"
      lead="Saved ways to read files of one kind: what their columns mean, and how dates are written."
      actions={<Freshness query={query} />}
    >
      <Panel title={profiles.length === 0 ? 'No profile yet' : 'All profiles'}>
        <Awaited what="the profiles" query={query} />
        {query.data !== undefined && profiles.length === 0 && (
          <Empty title="Files of the same kind need their columns explained once only.">
            <p>Choose a file, say what its columns mean, and save that under a name. Uploads by program use it too.</p>
            {may('write') && <ButtonLink href="/imports/new">New import</ButtonLink>}
          </Empty>
        )}
        {profiles.length > 0 && (
          <CardTable label="All profiles" rows={profiles} keyOf={({ name }) => name} columns={COLUMNS} />
        )}
        <div>
          <ShowMore query={query} />
        </div>
      </Panel>
      <CurlDisclosure command={makeCurl('listImportProfiles', {})} />
    </Page>
  )
}
