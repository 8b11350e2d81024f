import { setTimeout as delay } from 'node:timers/promises'

import { connect, type BenchSystem } from './bench-system.ts'

const POLL_DATABASE_MS = 10
const POLL_API_MS = 25

interface Look {
  /** when the question was sent, ms */
  readonly requestedAt: number
  readonly answeredAt: number
  readonly rows: number
}

/**
 * How old the answers of `GET /v1/imports/{id}` are when they arrive, in ms: how long ago the database last held the
 * counts that they tell, or fewer. Each is an upper bound: the way of the answer counts, and so does the gap between two
 * looks at the database.
 */
export async function measureStaleness(system: BenchSystem, importId: number, seconds: number): Promise<number[]> {
  const sql = await connect(system.ownerUrl)
  const until = performance.now() + seconds * 1000
  const look = async (everyMs: number, count: () => Promise<number>): Promise<Look[]> => {
    const looks: Look[] = []
    while (performance.now() < until) {
      const requestedAt = performance.now()
      const rows = await count()
      looks.push({ requestedAt, answeredAt: performance.now(), rows })
      await delay(everyMs)
    }
    return looks
  }
  try {
    const [truth, answers] = await Promise.all([
      look(POLL_DATABASE_MS, async () => {
        const { rows } = await sql.query<{ count: number }>({
          name: 'counts',
          text: 'SELECT coalesce(sum(inserted + duplicates + rejected), 0)::int AS count FROM import_lane WHERE import_id = $1',
          values: [importId],
        })
        return rows[0]?.count ?? 0
      }),
      look(POLL_API_MS, async () => (await system.client.showImport({ importId })).counts.rows),
    ])
    return answers.map((answer) => {
      // A count that is still the true one is not old at all.
      const stillTrue = truth.findLast(({ rows }) => rows <= answer.rows)
      return stillTrue === undefined ? 0 : Math.max(0, answer.answeredAt - stillTrue.requestedAt)
    })
  } finally {
    await sql.end()
  }
}
