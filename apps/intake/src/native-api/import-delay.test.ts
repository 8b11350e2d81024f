import { importView } from '@importer/contracts'
import { findImportById, recordDelay } from '@importer/db'
import { expect, test } from 'vitest'

import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { postGood } from '../../test/upload.ts'

const intake = await startIntake()

async function upload(): Promise<number> {
  const answer = await readJson(await postGood(intake))
  return answer.result.redeemUploadJobStatuses[0].jobId as number
}

/** Puts an import where it would be: `seconds` ago it was changed last. */
async function place(id: number, status: string, seconds: number): Promise<void> {
  await intake.database.prisma.$executeRaw`
    UPDATE import SET status = ${status}, lease = 1, started_at = now() - interval '1 h',
      updated_at = clock_timestamp() - make_interval(secs => ${seconds}::float8)
    WHERE id = ${id}::int`
}

async function show(id: number) {
  const headers = { Authorization: `Bearer ${intake.keys.read}` }
  // What is shown may be 250 ms old: an address of its own is not.
  const { items } = await readJson(await fetch(`${intake.url}/v1/imports?limit=100`, { headers }))
  return importView.parse(items.find((item: { id: number }) => item.id === id))
}

test.each([
  ['queued', 1, null],
  ['queued', 31, 'NO_WORKER'],
  ['processing', 1, null],
  ['processing', 11, 'WORKER_SILENT'],
  ['completed', 100, null],
])('an import that is %s and was changed %i s ago reports %s', async (status, seconds, code) => {
  const id = await upload()
  await place(id, status, seconds)
  const { delay, updatedAt, progress } = await show(id)
  expect(delay?.code ?? null).toBe(code)
  if (delay === null) return
  expect(delay.since).toBe(updatedAt)
  expect(progress).toMatchObject({ rowsPerSecond: null, etaSeconds: null })
})

test('what the worker records is reported with its beginning, until a checkpoint comes after it', async () => {
  const id = await upload()
  await place(id, 'processing', 20)
  const away = { code: 'STORAGE_UNAVAILABLE', message: 'the bucket answers 503' } as const
  expect(await recordDelay(intake.database, { importId: id, fencingToken: 1 }, away)).toBe(true)
  const first = await show(id)
  expect(first.delay).toMatchObject(away)
  expect(await recordDelay(intake.database, { importId: id, fencingToken: 1 }, away)).toBe(true)
  expect((await show(id)).delay).toEqual(first.delay)

  await intake.database.prisma.importPartition.create({
    data: { importId: id, partition: 0, fencingToken: 1, updatedAt: new Date() },
  })
  expect((await show(id)).delay).toBeNull()
  expect(await recordDelay(intake.database, { importId: id, fencingToken: 1 }, away)).toBe(true)
  const second = await show(id)
  expect(Date.parse(second.delay?.since ?? '')).toBeGreaterThan(Date.parse(first.delay?.since ?? ''))
})

test('a worker that has lost the import records nothing', async () => {
  const id = await upload()
  await place(id, 'processing', 1)
  const busy = { code: 'DATABASE_BUSY', message: 'busy' } as const
  expect(await recordDelay(intake.database, { importId: id, fencingToken: 0 }, busy)).toBe(false)
  await place(id, 'cancelled', 1)
  expect(await recordDelay(intake.database, { importId: id, fencingToken: 1 }, busy)).toBe(false)
  expect((await findImportById(intake.database, id))?.delay).toBeNull()
})

test('events tell of a delay too', async () => {
  const id = await upload()
  await place(id, 'processing', 11)
  const stop = new AbortController()
  const headers = { Authorization: `Bearer ${intake.keys.read}` }
  const { body } = await fetch(`${intake.url}/v1/imports/${id}/events`, { headers, signal: stop.signal })
  let events = ''
  for await (const chunk of body ?? []) {
    events += Buffer.from(chunk as Uint8Array).toString()
    if (events.includes('\n\n') && events.includes('data:')) break
  }
  stop.abort()
  expect(events).toContain('event: progress')
  expect(events).toContain('"delay":{"code":"WORKER_SILENT"')
})
