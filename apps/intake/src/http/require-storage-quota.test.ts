import { gzipSync } from 'node:zlib'

import { purgeExpired } from '@importer/imports'
import { createLog } from '@importer/runtime'
import { beforeEach, expect, test } from 'vitest'

import { callApi, postNative, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { testSimultaneousUploads } from '../../test/simultaneous-uploads.ts'
import { OTHER_SERIES, SERIES, startIntake } from '../../test/start-intake.ts'
import { postGood } from '../../test/upload.ts'
import { line, seedReference, work } from '../../test/work.ts'

const FILE_BYTES = 100
const MAX_FILES = 3
const MAX_BYTES = MAX_FILES * FILE_BYTES + FILE_BYTES - 1
const MEBIBYTE = 2 ** 20
/** Fewer than an upload may have, and more than sockets hold. */
const ENDLESS_MEBIBYTES = 128
const DAY_MS = 24 * 3_600_000

const intake = await startIntake({ maxStoredBytesPerOrg: MAX_BYTES, uploadMaxBytes: 2 ** 30 })
await seedReference(intake)

beforeEach(async () => {
  await intake.database.prisma.import.updateMany({ where: { expiredAt: null }, data: { expiredAt: new Date() } })
})

let nextFile = 1
/** Another file each time, of exactly so many bytes. */
function makeFile(bytes = FILE_BYTES): string {
  const row = line(`CODE${nextFile++}`)
  return (
    row
      .slice(0, -1)
      .padEnd(bytes - 1, 'x')
      .slice(0, bytes - 1) + '\n'
  )
}

async function fill(): Promise<number[]> {
  const ids: number[] = []
  while (ids.length < MAX_FILES) ids.push(await uploadNative(intake, makeFile()))
  return ids
}

testSimultaneousUploads({
  intake: () => intake,
  makeFile,
  limit: MAX_FILES,
  refusal: { status: 413, code: 'STORAGE_QUOTA_EXCEEDED', retryAfter: null },
})

test('the refusal has a code of its own, in the form of either API', async () => {
  await fill()
  const message = `the stored files of this organization have 300 bytes and may have 399 together with this one; delete imports that are no longer needed, then send it again`
  const native = await postNative(intake, makeFile())
  expect(native.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(await readJson(native)).toMatchObject({ status: 413, code: 'STORAGE_QUOTA_EXCEEDED', detail: message })
  expect(await readJson(await postGood(intake, makeFile()))).toEqual({
    success: false,
    status: 413,
    errors: [{ code: 'STORAGE_QUOTA_EXCEEDED', field: 'file', message }],
  })
})

test('what fits to the last byte is taken, one more byte is not, and other organizations do not notice', async () => {
  await fill()
  expect((await postNative(intake, makeFile(FILE_BYTES))).status).toBe(413)
  const id = await uploadNative(intake, makeFile(FILE_BYTES - 1))
  expect((await postNative(intake, 'x')).status).toBe(413)
  expect((await postNative(intake, makeFile(), { key: intake.keys.other, series: OTHER_SERIES })).status).toBe(202)
  expect(await intake.database.prisma.import.count({ where: { id } })).toBe(1)
})

test('an upload counts with the text that was made of it', async () => {
  const text = makeFile(MAX_BYTES - 10)
  expect(gzipSync(text).length).toBeLessThan(MAX_BYTES)
  const before = await intake.countStored()
  expect((await postNative(intake, new Uint8Array(gzipSync(text)))).status).toBe(413)
  expect(await intake.countStored()).toEqual(before)
  expect((await postNative(intake, text)).status).toBe(202)
})

test('no more of a body without a length is received than may be stored', async () => {
  const boundary = 'boundary'
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="endless.csv"\r\n\r\n`
  const chunk = Buffer.alloc(MEBIBYTE, 'x')
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(head)),
    pull(controller) {
      sent += 1
      controller.enqueue(chunk)
      if (sent === ENDLESS_MEBIBYTES) controller.close()
    },
  })
  const answer = await fetch(`${intake.url}/v1/series/${SERIES}/imports`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${intake.keys.write}`,
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
    },
    body,
    duplex: 'half',
  })
  expect(await readJson(answer)).toMatchObject({ status: 413, code: 'STORAGE_QUOTA_EXCEEDED' })
  expect(sent).toBeLessThan(ENDLESS_MEBIBYTES / 2)
})

test('a repetition under its Idempotency-Key needs no room', async () => {
  const file = makeFile(MAX_BYTES)
  const post = () => postNative(intake, file, { headers: { 'Idempotency-Key': 'the-same' } })
  const first = await post()
  expect([first.status, (await post()).status]).toEqual([202, 202])
})

test('a retry, whose file is made later, needs an organization that is not full', async () => {
  const rejected = async (bytes: number): Promise<number> => {
    const id = await uploadNative(
      intake,
      line('NOSUCH')
        .slice(0, -1)
        .padEnd(bytes - 1, 'x') + '\n',
    )
    await work(intake, id)
    return id
  }
  const [first, second] = [await rejected(MAX_FILES * FILE_BYTES), await rejected(FILE_BYTES - 1)]
  const retry = async (id: number) => callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`, { json: {} })
  const refused = await retry(first)
  expect(await readJson(refused)).toMatchObject({ status: 413, code: 'STORAGE_QUOTA_EXCEEDED' })
  expect((await callApi(intake, 'DELETE', `/v1/imports/${second}`)).status).toBe(204)
  expect((await retry(first)).status).toBe(202)
})

test('deletion gives room back at once, and retention when an import expires', async () => {
  const [deleted = 0, expired = 0] = await fill()
  for (const id of [deleted, expired]) await work(intake, id)
  expect((await postNative(intake, makeFile())).status).toBe(413)
  expect((await callApi(intake, 'DELETE', `/v1/imports/${deleted}`)).status).toBe(204)
  expect((await postNative(intake, makeFile())).status).toBe(202)
  expect((await postNative(intake, makeFile())).status).toBe(413)
  const finishedAt = new Date(Date.now() - 2 * DAY_MS)
  await intake.database.prisma.import.update({ where: { id: expired }, data: { finishedAt } })
  const log = createLog({ name: 'purge', level: 'silent' })
  await purgeExpired({ database: intake.database, store: intake.store, log, retentionDays: 1 })
  expect((await postNative(intake, makeFile())).status).toBe(202)
})
