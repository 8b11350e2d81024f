import { useInfiniteQuery } from '@tanstack/react-query'

import { client, type AnswerOf } from '../../api/client.ts'
import styles from '../../design/design.module.css'
import { Panel, Scroll } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { ShowMore } from '../../design/show-more.tsx'
import { Time } from '../../design/time.tsx'
import { wordCode } from '../../format/words.ts'

type Event = AnswerOf<'listAuditEvents'>['items'][number]

/** What happened to keys, webhooks, profiles and reference data, and who did it. */
export function AuditEvents() {
  const query = useInfiniteQuery({
    queryKey: ['audit-events'],
    queryFn: async ({ pageParam, signal }) =>
      client.listAuditEvents({ limit: 50, ...(pageParam !== null && { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
  const events = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title="What happened">
      {query.isPending && <Loading what="what happened" />}
      {query.isError && query.data === undefined && <ErrorNote error={query.error} onRetry={query.refetch} />}
      {query.data !== undefined && events.length === 0 && <Empty title="Nothing yet." />}
      {events.length > 0 && (
        <Scroll label="What happened">
          <table className={styles.cards}>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">Who</th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event, index) => (
                <tr key={index}>
                  <td data-label="When">
                    <Time at={event.at} />
                  </td>
                  <td data-label="What">{wordCode(event.kind)}</td>
                  <td data-label="Who" className={styles.value}>
                    {describeActor(event)}
                  </td>
                  <td data-label="Detail" className={styles.value}>
                    {describeDetail(event)}
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
