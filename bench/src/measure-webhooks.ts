/**
 * `npm run measure:webhooks [ten|dead|many]`: 10,000 deliveries by one worker to a receiver on this machine, ten endpoints
 * with a thousand each (`ten`); the same with one endpoint that never answers (`dead`); then one event a second for a live
 * endpoint beside 500 of ten other organizations that never answer, with twenty deliveries due at each (`many`). Prints
 * throughput, how long the live endpoint waits, and the worker's peak memory. The queue is the one of REDIS_URL, an empty
 * Redis, or else PostgreSQL's.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createWebhookEndpoint, grantSchemaRights, migrateDatabase, openDatabase, type Database } from '@importer/db'
import { APP_ROLE, startEmbeddedPostgres, type DatabaseUrls } from '@importer/embedded-postgres'
import { migrateQueue, QUEUE_SCHEMA } from '@importer/queue'

import { REPOSITORY } from './machine.ts'

const EVENTS = 1_000
const DEADLINE_MS = 300_000
const LIVE_EVENTS = 60
const LAST_WAIT_MS = 60_000
const BODY = JSON.stringify({ type: 'webhook.test', data: { filling: 'x'.repeat(1_000) } })

interface Arrival {
  readonly path: string
  readonly webhookId: string
  readonly at: number
}

interface TestReceiver {
  readonly server: Server
  readonly url: string
  /** What was answered; nothing that is sent to `/dead` ever is. */
  readonly arrivals: Arrival[]
}

async function startReceiver(): Promise<TestReceiver> {
  const arrivals: Arrival[] = []
  const server = createServer((request, response) => {
    const requested = request.url ?? ''
    request.resume()
    if (requested === '/dead') return
    request.once('end', () => {
      arrivals.push({ path: requested, webhookId: String(request.headers['webhook-id']), at: performance.now() })
      response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals }
}

async function makeEndpoints(database: Database, orgId: number, urls: readonly string[]): Promise<void> {
  await database.prisma.organization.create({ data: { id: orgId } })
  for (const url of urls) {
    const actor = { type: 'system', name: 'test' } as const
    await createWebhookEndpoint(database, { orgId, url, description: null, eventTypes: [], actor })
  }
}

/** So many events of each of these organizations, due now at all of its endpoints; gives the deliveries' webhook ids. */
async function addEvents(database: Database, orgIds: readonly number[], count: number): Promise<string[]> {
  const rows = await database.prisma.$queryRaw<{ webhook_id: string }[]>`
    WITH event AS (
      INSERT INTO webhook_event (org_id, type, body, occurred_at)
      SELECT org_id, 'webhook.test', ${BODY}, now()
      FROM unnest(${[...orgIds]}::int[]) org_id, generate_series(1, ${count}::int)
      RETURNING id, org_id
    )
    INSERT INTO webhook_delivery (org_id, event_id, endpoint_id, receiver, next_attempt_at)
    SELECT event.org_id, event.id, e.id, 'endpoint:' || e.id, now() FROM event JOIN webhook_endpoint e USING (org_id)
    RETURNING webhook_id`
  return rows.map((row) => row.webhook_id)
}

function startWorker(databaseUrl: string, dataDir: string): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', path.join(REPOSITORY, 'apps/worker/src/main.ts')], {
    cwd: REPOSITORY,
    env: {
      ...(process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] }),
      DATABASE_URL: databaseUrl,
      ...(process.env['REDIS_URL'] === undefined ? {} : { REDIS_URL: process.env['REDIS_URL'] }),
      DATA_DIR: dataDir,
      WEBHOOK_ALLOW_HTTP: 'true',
      WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

interface Scene {
  readonly database: Database
  readonly receiver: TestReceiver
  /** Starts the worker. */
  readonly start: () => Promise<void>
}

const SCENARIOS: Record<string, (scene: Scene) => Promise<string>> = {
  ten: async (scene) => `ten live endpoints: ${await measureThroughput(scene, 10, 0)}`,
  dead: async (scene) => `nine live ones and a dead one: ${await measureThroughput(scene, 9, 1)}`,
  many: async (scene) => `a live endpoint beside 500 dead ones of others: ${await measureDelay(scene)}`,
}

async function measureThroughput({ database, receiver, start }: Scene, live: number, dead: number): Promise<string> {
  const { url, arrivals } = receiver
  const urls = Array.from({ length: live + dead }, (_, i) => (i < live ? `${url}/${i}` : `${url}/dead`))
  await makeEndpoints(database, 1, urls)
  await addEvents(database, [1], EVENTS)
  await start()
  const startedAt = performance.now()
  while (arrivals.length < live * EVENTS && performance.now() - startedAt < DEADLINE_MS) await delay(20)
  const ends = new Map(arrivals.map((arrival) => [arrival.path, (arrival.at - startedAt) / 1_000]))
  const [first, last] = [Math.min(...ends.values()), Math.max(...ends.values())]
  return (
    `${arrivals.length} deliveries in ${last.toFixed(1)} s, ${Math.round(arrivals.length / last)} a second; ` +
    `an endpoint is done after ${first.toFixed(1)} to ${last.toFixed(1)} s`
  )
}

async function measureDelay({ database, receiver, start }: Scene): Promise<string> {
  const { url, arrivals } = receiver
  const others = Array.from({ length: 10 }, (_, i) => i + 2)
  for (const orgId of others) {
    await makeEndpoints(
      database,
      orgId,
      Array.from({ length: 50 }, () => `${url}/dead`),
    )
  }
  await makeEndpoints(database, 1, [`${url}/live`])
  await addEvents(database, others, 20)
  await start()
  const sent = new Map<string, number>()
  for (let event = 0; event < LIVE_EVENTS; event += 1) {
    await delay(1_000)
    const at = performance.now()
    for (const webhookId of await addEvents(database, [1], 1)) sent.set(webhookId, at)
  }
  const endsAt = performance.now() + LAST_WAIT_MS
  while (arrivals.length < LIVE_EVENTS && performance.now() < endsAt) await delay(20)
  const waits = arrivals
    .map(({ webhookId, at }) => (at - (sent.get(webhookId) ?? 0)) / 1_000)
    .toSorted((one, two) => one - two)
  const at = (share: number): string => (waits[Math.ceil(waits.length * share) - 1] ?? Infinity).toFixed(1)
  return `${waits.length} of ${LIVE_EVENTS} deliveries, after ${at(0.5)} s in the median, ${at(0.95)} s (95 %), ${at(1)} s (last)`
}

/** `dataDir`: of its own, as a storage belongs to one database. */
async function measure(
  { url: databaseUrl, ownerUrl }: DatabaseUrls,
  dataDir: string,
  scenario: (scene: Scene) => Promise<string>,
): Promise<void> {
  await migrateDatabase(ownerUrl, { appRole: APP_ROLE })
  await migrateQueue(ownerUrl)
  await grantSchemaRights(ownerUrl, { role: APP_ROLE, schema: QUEUE_SCHEMA })
  const receiver = await startReceiver()
  const database = openDatabase({
    url: databaseUrl,
    applicationName: 'measure-webhooks',
    maxConnections: 2,
    onConnectionLost: (error) => console.error(error),
  })
  let worker: ChildProcess | undefined
  const start = async (): Promise<void> => {
    worker = startWorker(databaseUrl, dataDir)
    await once(worker, 'message')
  }
  try {
    const figures = await scenario({ database, receiver, start })
    console.log(`${figures}; the worker's peak memory ${await readPeak(worker?.pid)}`)
  } finally {
    if (worker !== undefined) {
      const exited = once(worker, 'exit')
      worker.kill('SIGKILL')
      await exited
    }
    receiver.server.closeAllConnections()
    receiver.server.close()
    await database.close()
  }
}

async function readPeak(pid: number | undefined): Promise<string> {
  if (process.platform !== 'linux') return 'is not known here'
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return `${Math.round(Number(kilobytes) / 1024)} MiB`
}

const wanted = process.argv[2]
if (wanted !== undefined && !(wanted in SCENARIOS)) {
  throw new Error(`there is no measurement ${wanted}: name one of ${Object.keys(SCENARIOS).join(', ')}`)
}
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (wanted !== undefined && wanted !== name) continue
  const dataDir = await mkdtemp(path.join(tmpdir(), 'measure-webhooks-'))
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(dataDir, 0o755)
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {} })
  try {
    await measure(postgres, path.join(dataDir, 'files'), scenario)
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
