import { useQuery } from '@tanstack/react-query'

import { client, type AnswerOf, type ImportView } from '../../api/client.ts'
import styles from '../../design/design.module.css'
import { Panel } from '../../design/layout.tsx'
import { Awaited } from '../../design/notes.tsx'
import { Time } from '../../design/time.tsx'
import { isOver } from '../../format/words.ts'
import { useInterval } from '../../live/live-updates.tsx'
import own from './import.module.css'

type Entry = AnswerOf<'listTimeline'>['items'][number]

const POLL_MS = 5_000
const MOST = 200
const KINDS: Readonly<Record<Entry['kind'], string>> = {
  uploaded: 'Uploaded',
  started: 'Started',
  'taken-over': 'Taken over by another worker',
  cancelled: 'Cancelled',
  resumed: 'Resumed',
  completed: 'Completed',
  failed: 'Failed',
  'revert-requested': 'Revert asked for',
  reverted: 'Reverted',
  retried: 'Rejected rows sent again',
  expired: 'File and reports deleted',
}

/** When file and reports were deleted, by somebody or for their age; null: they are there, as far as is known. */
export function useExpiry({ id, status }: ImportView): string | null {
  const importId = String(id)
  const interval = useInterval(POLL_MS)
  const { data } = useQuery({
    queryKey: ['timeline', importId, 'expired'],
    queryFn: async ({ signal }) => client.listTimeline({ importId, kind: 'expired', limit: 1 }, { signal }),
    enabled: isOver({ status }),
    refetchInterval: ({ state }) => (state.data?.items.length === 1 ? false : interval),
  })
  return data?.items[0]?.at ?? null
}

export function Timeline({ view, expiredAt }: { readonly view: ImportView; readonly expiredAt: string | null }) {
  const { id, status } = view
  const importId = String(id)
  const interval = useInterval(POLL_MS)
  const query = useQuery({
    queryKey: ['timeline', importId, status, expiredAt],
    queryFn: async ({ signal }) => client.listTimeline({ importId, limit: MOST }, { signal }),
    refetchInterval: isOver(view) ? false : interval,
  })
  return (
    <Panel title="What happened">
      <Awaited what="the timeline" query={query} />
      {query.data?.items.length === 0 && <p className={styles.quiet}>Nothing is noted.</p>}
      {query.data !== undefined && (
        <ol className={own.timeline}>
          {query.data.items.map((entry) => (
            <li key={`${entry.at}/${entry.kind}`}>
              <span className={styles.quiet}>
                <Time at={entry.at} />
              </span>
              <span>
                {KINDS[entry.kind]}
                <span className={styles.hint}> · {describeActor(entry.actor)}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
      {query.data?.nextCursor !== undefined && query.data.nextCursor !== null && (
        <p className={styles.hint}>These are the first {MOST} entries; the API lists the others.</p>
      )}
    </Panel>
  )
}

function describeActor({ type, name }: Entry['actor']): string {
  switch (type) {
    case 'key':
      return `API key ${name}`
    case 'worker':
      // Unless somebody has given it another name, its name is what it is.
      return name === 'worker' ? 'a worker' : `worker ${name}`
    case 'system':
      return 'by itself'
  }
}
