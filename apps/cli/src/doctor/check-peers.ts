import { Readable } from 'node:stream'

import { createClient, RequestError } from '@importer/client'
import type { Database } from '@importer/db'
import { openStorage } from '@importer/imports'
import { WrongStorageError } from '@importer/file-store'
import { describeRedis } from '@importer/queue'
import type { Environment } from '@importer/runtime'

import type { Server } from '../connection/servers-file.ts'
import type { Session } from '../framework/session.ts'
import { describeFailure, finding, ok, skipped, type Check } from './check.ts'
import { examine } from './examine.ts'

const PROBE = Buffer.alloc(4_096, 'doctor\n')
const SAFE_POLICY = 'noeviction'

/** Where the jobs are: PostgreSQL, or Redis, which must not drop them. */
export async function checkQueue({ REDIS_URL }: Environment): Promise<Check> {
  if (REDIS_URL === undefined) return ok('Queue', 'in the database (REDIS_URL is not set)')
  try {
    const startedAt = Date.now()
    const { version, maxmemoryPolicy } = await describeRedis(REDIS_URL)
    const found = `Redis ${version ?? ''} answers in ${Date.now() - startedAt} ms, maxmemory-policy ${maxmemoryPolicy ?? 'unknown'}`
    if (maxmemoryPolicy === null || maxmemoryPolicy === SAFE_POLICY) return ok('Queue', found)
    return finding(
      'Queue',
      `${found}: it may drop jobs when it is full`,
      `Set maxmemory-policy ${SAFE_POLICY}, in redis.conf or by CONFIG SET.`,
    )
  } catch (error) {
    return finding(
      'Queue',
      `Redis does not answer: ${describeFailure(error)}`,
      'See that it runs and that REDIS_URL is its address. Meanwhile uploads are taken, and wait.',
    )
  }
}

/** Whether the storage belongs to the database, and a file can be written, found and removed. */
export async function checkStorage(database: Database, environment: Environment): Promise<Check> {
  const { STORAGE_URL: storageUrl, DATA_DIR: dataDir, S3_ENDPOINT: s3Endpoint } = environment
  try {
    const startedAt = Date.now()
    const { store, identity } = await openStorage(database, { storageUrl, dataDir, s3Endpoint })
    await identity.verify(0)
    const { key } = await store.write(Readable.from([PROBE]), { maxBytes: PROBE.length })
    const bytes = await store.size(key)
    await store.remove(key)
    if (bytes !== PROBE.length) {
      return finding('Storage', `of ${PROBE.length} bytes that were written ${bytes} are there`, 'Check the disk.')
    }
    return ok('Storage', `${store.location}: written, found and removed in ${Date.now() - startedAt} ms`)
  } catch (error) {
    return finding(
      'Storage',
      error instanceof WrongStorageError ? error.advice : describeFailure(error),
      'Set DATA_DIR or STORAGE_URL as intake and worker have it, and see that this user may write there.',
    )
  }
}

/** What the intake app says of itself, and why imports do not go on. */
export async function* checkService({ connect, signal }: Pick<Session, 'connect' | 'signal'>): AsyncGenerator<Check> {
  let server: Server
  try {
    server = await connect()
  } catch (error) {
    yield skipped('Service', `not asked: ${describeFailure(error)}`)
    return
  }
  const readiness = await examine(signal, 'Service', async () => checkReadiness(server.url))
  yield readiness
  if (readiness.state === 'ok') yield await examine(signal, 'Waiting imports', async () => checkDelays(server))
}

async function checkReadiness(url: string): Promise<Check> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) })
    const { checks } = (await answer.json()) as { checks?: Record<string, { ok: boolean; reason: string | null }> }
    const reasons = Object.entries(checks ?? {})
      .filter(([, { ok: isWell }]) => !isWell)
      .map(([name, { reason }]) => `${name}: ${reason ?? 'no reason'}`)
    if (answer.ok) return ok('Service', `${url} is ready`)
    return finding(
      'Service',
      `${url} is not ready: ${reasons.join('; ')}`,
      'See the checks above, and the log of intake.',
    )
  } catch (error) {
    return finding(
      'Service',
      `${url} does not answer: ${describeFailure(error)}`,
      'Run npm start, or name the importer by --url.',
    )
  }
}

async function checkDelays(server: Server): Promise<Check> {
  const client = createClient(server)
  try {
    const pages = await Promise.all([
      client.listImports({ status: 'queued', limit: 100 }),
      client.listImports({ status: 'processing', limit: 100 }),
    ])
    const delayed = pages.flatMap(({ items }) => items).filter(({ delay }) => delay !== null)
    if (delayed.length === 0) return ok('Waiting imports', 'none is held up')
    const [first] = delayed
    return finding(
      'Waiting imports',
      `${delayed.length} do not go on, the first is ${first?.id}: ${first?.delay?.code} ${first?.delay?.message}`,
      'Do what the message says; NO_WORKER and WORKER_SILENT: see that a worker runs (npm start, or npm run start:worker).',
    )
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    return finding(
      'Waiting imports',
      error.message,
      'Name a key of this importer by --key-file or REDEMPTIONS_API_KEY.',
    )
  }
}
