import type { SystemDatabase } from '@importer/db'
import { createLog } from '@importer/runtime'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { openSession } from '../../../../tests/support/open-session.ts'
import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line, seedReference, work, workOnRevert } from '../../test/work.ts'

const ROWS = 40

let intake: TestIntake
/** The worker's own connections, as in another process. */
let database: SystemDatabase
/** Somebody else's session, which stands in the way of every batch until it gets the signal to roll back. */
let holder: Awaited<ReturnType<typeof openSession>>
let nextCoupon = 1

beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  database = openTestDatabase(intake.databaseUrl, { applicationName: 'worker' })
})
beforeEach(async () => {
  holder = await openSession(intake.ownerUrl)
})
afterEach(() => holder.end())

async function act(id: number, action: 'cancel' | 'resume' | 'revert'): Promise<{ status: number; state: string }> {
  const response = await callApi(intake, 'POST', `/v1/imports/${id}/${action}`)
  const body = await readJson(response)
  return { status: response.status, state: response.ok ? body.status : body.state }
}

/** Half of the rows are good, and every other one is rejected. */
const uploadRows = async (): Promise<number> =>
  uploadNative(
    intake,
    Array.from({ length: ROWS / 2 }, () => line(`CODE${nextCoupon++}`) + line(`NOSUCH${nextCoupon}`)).join(''),
  )

/** Every batch waits for this session, which may yet keep what the batch is to write, in the middle of its work. */
async function holdBatches(id: number): Promise<void> {
  await holder.query('BEGIN')
  await holder.query(
    `INSERT INTO rejected_row (import_id, row_number, line, byte_offset, errors)
     SELECT $1, n, n, 0, '{1}' FROM generate_series(1, $2::int) n`,
    [id, ROWS],
  )
}

async function untilHeldUp(statements: number): Promise<void> {
  const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'worker' AND wait_event_type = 'Lock'`
  // Within its transaction the holder itself would see the same activity again and again.
  const count = async () => (await queryOnce<{ n: number }>(intake.ownerUrl, waiting))[0]?.n
  await expect.poll(count, { timeout: 10_000 }).toBe(statements)
}

test('a cancel does not wait for a batch that is held up, and resumed the import ends as if nothing had been', async () => {
  const id = await uploadRows()
  await holdBatches(id)
  const errors: string[] = []
  const log = createLog({ name: 'worker', level: 'warn', destination: { write: (text) => errors.push(text) } })
  const working = work({ ...intake, database }, id, { log, batchRows: ROWS })
  await untilHeldUp(2)

  expect(await act(id, 'cancel')).toEqual({ status: 200, state: 'cancelled' })
  await working
  expect(errors).toEqual([])
  await holder.query('ROLLBACK')
  expect(await intake.database.prisma.redemption.count({ where: { importId: id } })).toBe(0)

  expect(await act(id, 'resume')).toEqual({ status: 202, state: 'queued' })
  await work(intake, id)
  const response = await callApi(intake, 'GET', `/v1/imports/${id}`)
  expect(await readJson(response)).toMatchObject({
    status: 'completed',
    counts: { rows: ROWS, inserted: ROWS / 2, rejected: ROWS / 2 },
  })
})

test('a cancel does not wait for a worker that itself waits for a batch of the one before it', async () => {
  const id = await uploadRows()
  await holdBatches(id)
  const first = work({ ...intake, database }, id, { batchRows: ROWS })
  await untilHeldUp(2)
  const second = work({ ...intake, database }, id)
  await untilHeldUp(3)
  expect(await act(id, 'cancel')).toEqual({ status: 200, state: 'cancelled' })
  await Promise.all([first, second])
  await holder.query('ROLLBACK')
  expect(await intake.database.prisma.redemption.count({ where: { importId: id } })).toBe(0)
})

test('two cancels at once are both answered', async () => {
  const id = await uploadRows()
  await holdBatches(id)
  const working = work({ ...intake, database }, id, { batchRows: ROWS })
  await untilHeldUp(2)
  const answers = await Promise.all([act(id, 'cancel'), act(id, 'cancel')])
  expect(answers).toEqual([
    { status: 200, state: 'cancelled' },
    { status: 200, state: 'cancelled' },
  ])
  await working
  await holder.query('ROLLBACK')
})

test('actions answer while a revert is held up, and the revert goes on', async () => {
  const id = await uploadRows()
  await work(intake, id)
  expect(await act(id, 'revert')).toEqual({ status: 202, state: 'completed' })
  await holder.query('BEGIN')
  await holder.query('SELECT FROM redemption WHERE import_id = $1 FOR UPDATE', [id])
  const reverting = workOnRevert({ ...intake, database }, id)
  await untilHeldUp(1)
  expect(await act(id, 'revert')).toEqual({ status: 202, state: 'completed' })
  expect(await act(id, 'cancel')).toEqual({ status: 409, state: 'completed' })
  expect(await act(id, 'resume')).toEqual({ status: 409, state: 'completed' })
  await holder.query('ROLLBACK')
  await reverting
  expect(await act(id, 'revert')).toEqual({ status: 200, state: 'reverted' })
})

test('a statement that somebody else cancelled is not counted against the import', async () => {
  const id = await uploadRows()
  await holdBatches(id)
  const working = work({ ...intake, database }, id, { batchRows: ROWS }).then(
    () => null,
    (error: unknown) => error,
  )
  await untilHeldUp(2)
  await holder.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'worker' AND wait_event_type = 'Lock'`)
  expect(await working).toBeInstanceOf(Error)
  await holder.query('ROLLBACK')
  const { status, errorStreak } = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
  expect({ status, errorStreak }).toEqual({ status: 'processing', errorStreak: 0 })
  await work(intake, id)
  expect(await intake.database.prisma.redemption.count({ where: { importId: id } })).toBe(ROWS / 2)
})
