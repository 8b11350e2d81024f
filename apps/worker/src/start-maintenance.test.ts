import { randomBytes } from 'node:crypto'

import { importJobId } from '@importer/contracts'
import type { Database } from '@importer/db'
import { createFileStore } from '@importer/file-store'
import { createQueues } from '@importer/queue'
import { createLog } from '@importer/runtime'
import { expect, test } from 'vitest'

import { afterFile } from '../../../tests/support/after-file.ts'
import { openSession } from '../../../tests/support/open-session.ts'
import { openTestDatabase } from '../../../tests/support/open-test-database.ts'
import { queryOnce } from '../../../tests/support/query-once.ts'
import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { waitUntil } from '../../../tests/support/wait-until.ts'
import { startMaintenance, type MaintenanceOptions } from './start-maintenance.ts'

const TASKS = ['clean-files', 'clear-dry-runs', 'purge-expired', 'reconcile-jobs']
const ORG = 1

/** An installation with an import that has lost its job, and what a worker starts maintenance with. */
async function prepareWorld(secretsKeys: Buffer[] = []) {
  const { url, ownerUrl } = await createTestDatabase()
  const database = openTestDatabase(url)
  const lines: string[] = []
  const log = createLog({ name: 'worker', level: 'info', destination: { write: (line) => lines.push(line) } })
  const queues = createQueues({ backend: { kind: 'postgres', databaseUrl: url }, log })
  afterFile(async () => queues.close())
  await database.prisma.organization.create({ data: { id: ORG } })
  const { id: importId } = await database.prisma.import.create({
    data: {
      orgId: ORG,
      seriesId: 1n,
      fileKey: 'key',
      fileName: 'file.csv',
      bytes: 1n,
      sha256: '',
      mapping: {},
      updatedAt: new Date(0),
    },
  })
  const options: MaintenanceOptions = {
    database,
    webhookDatabase: secretsKeys.length === 0 ? database : openTestDatabase(url, { secretsKeys }),
    databaseUrl: url,
    store: await createFileStore({
      storageUrl: undefined,
      dataDir: await makeTemporaryFolder(),
      s3Endpoint: undefined,
    }),
    queue: queues.producer('import'),
    prepareQueue: queues.producer('prepare'),
    revertQueue: queues.producer('revert'),
    log,
    retentionDays: 1,
  }
  return { ...options, ownerUrl, lines, importId, producer: queues.producer('import') }
}

async function listDone({ prisma }: Database): Promise<string[]> {
  const rows = await prisma.maintenance.findMany({ select: { task: true }, orderBy: { task: 'asc' } })
  return rows.map(({ task }) => task)
}

async function waitUntilDone(database: Database, tasks: readonly string[]): Promise<void> {
  await waitUntil('each task had run', async () => {
    const done = await listDone(database)
    return tasks.every((task) => done.includes(task))
  })
}

test('at its start each task runs, and the job that was lost is queued again', async () => {
  const world = await prepareWorld()
  const stop = startMaintenance(world)
  await waitUntilDone(world.database, TASKS)
  await stop()
  expect(await world.producer.hasJob(importJobId(world.importId, 0))).toBe(true)
  // Without a key there is nothing that could seal secrets.
  expect(await listDone(world.database)).toEqual(TASKS)
})

test('a worker that has a key seals secrets, too', async () => {
  const world = await prepareWorld([randomBytes(32)])
  const stop = startMaintenance(world)
  await waitUntilDone(world.database, [...TASKS, 'reseal-secrets'])
  await stop()
})

test('a task that fails is named in the log and not recorded, and the others run', async () => {
  const world = await prepareWorld()
  await queryOnce(world.ownerUrl, 'ALTER TABLE bullmq.job RENAME TO job_of_before')
  const stop = startMaintenance(world)
  await waitUntilDone(
    world.database,
    TASKS.filter((task) => task !== 'reconcile-jobs'),
  )
  await waitUntil('the failure was logged', () =>
    world.lines.some((line) => line.includes('a task failed') && line.includes('"task":"reconcile-jobs"')),
  )
  await stop()
  expect(await listDone(world.database)).not.toContain('reconcile-jobs')
})

test('to stop waits for the tasks that are under way', async () => {
  const world = await prepareWorld()
  const holder = await openSession(world.ownerUrl)
  await holder.query('BEGIN; LOCK TABLE maintenance IN ACCESS EXCLUSIVE MODE')
  const stop = startMaintenance(world)
  await waitUntil('the tasks waited', async () => {
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%maintenance%'`
    return ((await queryOnce<{ n: number }>(world.ownerUrl, waiting))[0]?.n ?? 0) === TASKS.length
  })
  let isStopped = false
  const stopped = stop().then(() => (isStopped = true))
  // A round trip to the database later it still waits.
  await queryOnce(world.ownerUrl, 'SELECT')
  expect(isStopped).toBe(false)
  await holder.query('COMMIT')
  await holder.end()
  await stopped
  expect(await listDone(world.database)).toEqual(TASKS)
})
