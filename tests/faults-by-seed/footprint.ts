import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

import type { AppProcess } from '../support/app-process.ts'
import { queryOnce } from '../support/query-once.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { waitUntil } from '../support/wait-until.ts'

/** What a system that has nothing to do holds on to, by name. */
export type Footprint = ReadonlyMap<string, number>

export interface MeasuredParts {
  readonly ownerUrl: string
  readonly redis: RedisServer | null
  /** The processes that run from one sample to the next, by name. */
  readonly lasting: ReadonlyMap<string, AppProcess>
  /** Where the processes put what they need for a moment. */
  readonly temporaryFolder: string
}

const MIB = 1024 * 1024
const LOOKS = 12
const LOOK_EVERY_MS = 1_000
const QUIET_WITHIN_MS = 60_000

/**
 * Resolves when no import is unfinished, no webhook is to be sent and the queue holds no job. What is to come about by itself does
 * within a minute.
 */
export async function waitUntilQuiet(ownerUrl: string): Promise<void> {
  await waitUntil(
    'all imports and webhooks were over',
    async () => {
      const [row] = await queryOnce<{ open: number }>(
        ownerUrl,
        `SELECT ((SELECT count(*) FROM import WHERE status IN ('queued', 'processing', 'reverting'))
               + (SELECT count(*) FROM webhook_delivery WHERE status = 'pending'))::int AS open`,
      )
      return row?.open === 0
    },
    QUIET_WITHIN_MS,
  )
}

/** Of a quiet system. What comes and goes by itself, a poll of a queue or a request for readiness, is left out: the least of several looks. */
export async function takeFootprint(parts: MeasuredParts): Promise<Footprint> {
  const least = new Map<string, number>()
  for (let look = 0; look < LOOKS; look += 1) {
    for (const [name, value] of await lookOnce(parts)) {
      least.set(name, Math.min(value, least.get(name) ?? Infinity))
    }
    await delay(LOOK_EVERY_MS)
  }
  return least
}

async function lookOnce({ ownerUrl, redis, lasting, temporaryFolder }: MeasuredParts): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const [name, app] of lasting) {
    found.set(`${name}: held on the heap, MiB`, (await readHeldBytes(app)) / MIB)
    found.set(`${name}: resident memory, MiB`, await readResidentMemory(app.pid))
    found.set(`${name}: open descriptors`, (await readdir(`/proc/${app.pid}/fd`)).length)
  }
  const [row] = await queryOnce<{ n: number }>(
    ownerUrl,
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  found.set('database connections', row?.n ?? 0)
  const { events, others } = await countQueueRows(ownerUrl)
  found.set('events of the queues', events)
  found.set('other rows in tables of the queues', others)
  if (redis !== null) found.set('Redis keys', await redis.countKeys())
  found.set('temporary files', (await readdir(temporaryFolder, { recursive: true })).length)
  return found
}

async function readResidentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** As `report-memory.fixture.mjs` prints it. */
async function readHeldBytes(app: AppProcess): Promise<number> {
  const before = readReport(app)?.number ?? 0
  process.kill(app.pid, 'SIGUSR2')
  const report = await waitUntil(`process ${app.pid} reported its memory`, () => {
    const last = readReport(app)
    return last !== null && last.number > before ? last : null
  })
  return report.bytes
}

function readReport(app: AppProcess): { number: number; bytes: number } | null {
  const last = [...app.readOutput().matchAll(/\{"memoryReport":(\d+),"heldBytes":(\d+)\}/g)].at(-1)
  return last === undefined ? null : { number: Number(last[1]), bytes: Number(last[2]) }
}

async function countQueueRows(ownerUrl: string): Promise<{ events: number; others: number }> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_schema = 'bullmq'`,
    )
    const counts = { events: 0, others: 0 }
    for (const { name } of tables) {
      const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`)
      counts[name === 'bullmq.event' ? 'events' : 'others'] += rows[0]?.n ?? 0
    }
    return counts
  } finally {
    await client.end()
  }
}
