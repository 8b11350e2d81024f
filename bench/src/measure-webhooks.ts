/**
 * `npm run measure:webhooks`: 10,000 deliveries by one worker to a receiver on this machine, ten endpoints with a
 * thousand each; then the same with one endpoint that never answers. Prints throughput and the worker's peak memory.
 * The queue is the one of REDIS_URL, an empty Redis, or else PostgreSQL's.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createWebhookEndpoint, migrateDatabase, openDatabase } from '@importer/db'
import { migrateQueue, startEmbeddedPostgres } from '@importer/runtime'

import { REPOSITORY } from './machine.ts'

const ENDPOINTS = 10
const EVENTS = 1_000
const ORG_ID = 1
const DEADLINE_MS = 300_000

/** When the last of its deliveries was there, by endpoint. */
type Arrivals = Map<string, { count: number; lastAt: number }>

interface TestReceiver {
  readonly server: Server
  readonly port: number
  readonly arrivals: Arrivals
}

async function startReceiver(dead: string | null): Promise<TestReceiver> {
  const arrivals: Arrivals = new Map()
  const server = createServer((request, response) => {
    const endpoint = request.url ?? ''
    request.resume()
    if (endpoint === dead) return
    request.once('end', () => {
      const { count } = arrivals.get(endpoint) ?? { count: 0 }
      arrivals.set(endpoint, { count: count + 1, lastAt: performance.now() })
      response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, arrivals }
}

async function measure(databaseUrl: string, dead: string | null): Promise<void> {
  await migrateDatabase(databaseUrl)
  await migrateQueue(databaseUrl)
  const receiver = await startReceiver(dead)
  const database = openDatabase({
    url: databaseUrl,
    applicationName: 'measure-webhooks',
    maxConnections: 2,
    onConnectionLost: (error) => console.error(error),
  })
  await database.prisma.organization.create({ data: { id: ORG_ID } })
  for (let number = 0; number < ENDPOINTS; number += 1) {
    const url = `http://127.0.0.1:${receiver.port}/${number}`
    await createWebhookEndpoint(database, {
      orgId: ORG_ID,
      url,
      description: null,
      eventTypes: [],
      actor: { type: 'system', name: 'test' },
    })
  }
  const body = JSON.stringify({ type: 'webhook.test', data: { filling: 'x'.repeat(1_000) } })
  await database.prisma.$executeRaw`
    WITH event AS (
      INSERT INTO webhook_event (org_id, type, body, occurred_at)
      SELECT ${ORG_ID}::int, 'webhook.test', ${body}, now() FROM generate_series(1, ${EVENTS}::int)
      RETURNING id
    )
    INSERT INTO webhook_delivery (org_id, event_id, endpoint_id, receiver, next_attempt_at)
    SELECT ${ORG_ID}::int, event.id, e.id, 'endpoint:' || e.id, now() FROM event, webhook_endpoint e`

  const worker = spawn(process.execPath, ['--import', 'tsx', path.join(REPOSITORY, 'apps/worker/src/main.ts')], {
    cwd: REPOSITORY,
    env: {
      ...(process.env['PATH'] === undefined ? {} : { PATH: process.env['PATH'] }),
      DATABASE_URL: databaseUrl,
      ...(process.env['REDIS_URL'] === undefined ? {} : { REDIS_URL: process.env['REDIS_URL'] }),
      DATA_DIR: path.join(tmpdir(), 'measure-webhooks'),
      WEBHOOK_ALLOW_HTTP: 'true',
      WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    await once(worker, 'message')
    const startedAt = performance.now()
    const live = ENDPOINTS - (dead === null ? 0 : 1)
    const isDone = (): boolean =>
      receiver.arrivals.size === live && [...receiver.arrivals.values()].every(({ count }) => count >= EVENTS)
    while (!isDone() && performance.now() - startedAt < DEADLINE_MS) await delay(20)
    const seconds = [...receiver.arrivals.values()].map(({ lastAt }) => (lastAt - startedAt) / 1000)
    const total = [...receiver.arrivals.values()].reduce((sum, { count }) => sum + count, 0)
    const slowest = Math.max(...seconds)
    console.log(
      `${dead === null ? 'ten live endpoints' : 'nine live ones and a dead one'}: ${total} deliveries in ` +
        `${slowest.toFixed(1)} s, ${Math.round(total / slowest)} a second; an endpoint is done after ` +
        `${Math.min(...seconds).toFixed(1)} to ${slowest.toFixed(1)} s; the worker's peak memory ${await readPeak(worker.pid)}`,
    )
  } finally {
    const exited = once(worker, 'exit')
    worker.kill('SIGKILL')
    await exited
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

for (const dead of [null, `/${ENDPOINTS - 1}`]) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'measure-webhooks-'))
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(dataDir, 0o755)
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {} })
  try {
    await measure(postgres.url, dead)
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
