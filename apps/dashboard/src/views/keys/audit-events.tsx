import { client, type AnswerOf } from '../../api/client.ts'
import { CardTable, type Column } from '../../design/card-table.tsx'
import styles from '../../design/design.module.css'
import { Panel } from '../../design/layout.tsx'
import { Awaited, Empty } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { wordCode } from '../../format/words.ts'
import { ShowMore, usePages } from '../../live/pages.tsx'

type Event = AnswerOf<'listAuditEvents'>['items'][number]

const COLUMNS: readonly Column<Event>[] = [
  { name: 'When', renderCell: ({ at }) => <Time at={at} /> },
  { name: 'What', renderCell: ({ kind }) => wordCode(kind) },
  { name: 'Who', className: styles.value, renderCell: describeActor },
  { name: 'Detail', className: styles.value, renderCell: describeDetail },
]

/** What happened to keys, webhooks, profiles and reference data, and who did it. */
export function AuditEvents() {
  const { items: events, query } = usePages({
    queryKey: ['audit-events'],
    load: async (place, signal) => client.listAuditEvents({ limit: 50, ...place }, { signal }),
  })
  return (
    <Panel title="What happened">
      <Awaited what="what happened" query={query} />
      {query.data !== undefined && events.length === 0 && <Empty title="Nothing yet." />}
      {events.length > 0 && (
        <CardTable label="What happened" rows={events} keyOf={(_event, index) => index} columns={COLUMNS} />
      )}
      <div>
        <ShowMore query={query} />
      </div>
    </Panel>
  )
}

function describeActor({ actor }: Event): string {
  return actor.type === 'key' ? `API key ${actor.name}` : actor.name
}

function describeDetail({ detail }: Event): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}
