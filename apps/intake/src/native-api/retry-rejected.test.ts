import { expect, test } from 'vitest'

import { waitUntil } from '../../../../tests/support/wait-until.ts'
import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, MOBILE, seedReference, TILL, work, workOnPreparation } from '../../test/work.ts'

let nextCoupon = 1

const intake = await startIntake()
await seedReference(intake)

type Json = ReturnType<typeof JSON.parse>

async function retry(id: number, body?: object): Promise<{ status: number; body: Json }> {
  const given = body === undefined ? {} : { json: body }
  const response = await callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`, given)
  return { status: response.status, body: await readJson(response) }
}

async function show(id: number): Promise<Json> {
  return readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
}

const HEADER = 'date,till,phone,code,note\n'
const row = (till: string | number, code: string, note = '', date = '1603263535000') =>
  `${date},${till},${MOBILE},${code},${note}\n`
const good = () => `CODE${nextCoupon++}`

/** Row 1 is good; 2 and 4 name till 99, 3 no coupon that is there, 5 has a wrong date, 6 cannot be split. */
async function importMixed(): Promise<{ id: number; rows: string[] }> {
  const rows = [
    row(TILL, good()),
    row(99, good(), '"a ""quoted"" note"'),
    row(TILL, 'NOSUCH'),
    row(' 99 ', good()),
    row(TILL, good(), 'x', 'yesterday'),
    `"1603263535000"x,${TILL},${MOBILE},NOSUCH,\n`,
  ]
  const id = await uploadNative(intake, HEADER + rows.join(''))
  await work(intake, id)
  expect((await show(id)).counts).toEqual({ rows: 6, inserted: 1, duplicates: 0, rejected: 5 })
  return { id, rows }
}

async function readRetryFile(id: number, body: object): Promise<string> {
  const made = await retry(id, body)
  expect(made.status).toBe(202)
  await workOnPreparation(intake, made.body.id)
  const text = await (await callApi(intake, 'GET', `/v1/imports/${made.body.id}/file`)).text()
  await callApi(intake, 'POST', `/v1/imports/${made.body.id}/cancel`)
  return text
}

test('the new import is answered queued before any of its rows is read; a worker makes its file', async () => {
  const { id, rows } = await importMixed()
  const before = await intake.countStored()
  const made = await retry(id)
  expect(made).toMatchObject({ status: 202, body: { status: 'queued', bytes: 0, sha256: null, corrections: [] } })
  expect(await intake.countStored()).toEqual({ ...before, imports: before.imports + 1 })
  const file = () => callApi(intake, 'GET', `/v1/imports/${made.body.id}/file`)
  expect((await file()).status).toBe(404)
  await workOnPreparation(intake, made.body.id)
  // Twice does no harm.
  await workOnPreparation(intake, made.body.id)
  // Who has just looked sees a young import as it was for 20 ms.
  await waitUntil('its file was there', async () => (await file()).status === 200)
  expect(await (await file()).text()).toBe(HEADER + rows.slice(1).join(''))
  expect(await intake.countStored()).toEqual({ ...before, imports: before.imports + 1, files: before.files + 1 })
  await work(intake, made.body.id)
  expect(await show(made.body.id)).toMatchObject({ status: 'completed', counts: { rows: 5, rejected: 5 } })
})

test('rows stay apart of which one opens a quote and a later one has a quote in a cell', async () => {
  const rows = [
    `"sold by Tom,${TILL},${MOBILE},A,\n`,
    row(TILL, good(), '"fine"'),
    `nail 5",${TILL},${MOBILE},B,x\n`,
    row(99, good()),
  ]
  const id = await uploadNative(intake, HEADER + rows.join(''))
  await work(intake, id)
  const errorsOf = async (importId: number) =>
    (await readJson(await callApi(intake, 'GET', `/v1/imports/${importId}/errors`))).items.map(({ code }: Json) => code)
  const codes = await errorsOf(id)
  expect(codes).toEqual(['MALFORMED_ROW', 'INVALID_DATE', 'TILL_NOT_FOUND'])
  const made = await retry(id)
  await workOnPreparation(intake, made.body.id)
  await work(intake, made.body.id)
  expect(await errorsOf(made.body.id)).toEqual(codes)
})

test('many at once give one import and one file', async () => {
  const { id } = await importMixed()
  const before = await intake.countStored()
  const made = await Promise.all(Array.from({ length: 20 }, async () => retry(id)))
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1)
  expect(made.filter(({ status }) => status === 202)).toHaveLength(1)
  await work(intake, made[0]?.body.id)
  expect(await intake.countStored()).toMatchObject({ imports: before.imports + 1, files: before.files + 1 })
})

test('the same body gives the same import, another one another import once the one before is over', async () => {
  const { id } = await importMixed()
  const first = await retry(id)
  const other = { codes: ['TILL_NOT_FOUND'] }
  expect(await retry(id, {})).toMatchObject({ status: 200, body: { id: first.body.id } })
  expect(await retry(id, other)).toMatchObject({
    status: 409,
    body: { code: 'RETRY_UNDER_WAY', importId: first.body.id },
  })
  await work(intake, first.body.id)
  const second = await retry(id, other)
  expect(second.status).toBe(202)
  expect(second.body.id).not.toBe(first.body.id)
  expect((await show(id)).retriedAs).toBe(second.body.id)
  expect(await retry(id)).toMatchObject({ status: 200, body: { id: first.body.id } })
  expect(await retry(id, { codes: ['TILL_NOT_FOUND', 'TILL_NOT_FOUND'] })).toMatchObject({
    status: 200,
    body: { id: second.body.id },
  })
})

test('only the rows with one of the codes', async () => {
  const { id, rows } = await importMixed()
  expect(await readRetryFile(id, { codes: ['COUPON_NOT_FOUND', 'MALFORMED_ROW'] })).toBe(HEADER + rows[2] + rows[5])
  expect(await retry(id, { codes: ['COUPON_EXPIRED'] })).toMatchObject({ status: 409, body: { code: 'IMPORT_STATE' } })
})

test('corrections of a value reach every rejected row that has it, those of a row come last', async () => {
  const { id, rows } = await importMixed()
  const corrections = [
    { rowNumber: 4, column: 'redeemedAt', to: '18' },
    { column: 'redeemedAt', from: '99', to: String(TILL) },
    { column: 'redeemedDateInMillis', from: 'yesterday', to: '1603263535000' },
    { column: 'note', from: 'x', to: 'a, "b"' },
    { rowNumber: 3, drop: true },
    { rowNumber: 6, column: 'couponCode', to: 'NEVER' },
  ]
  const [, second = '', , fourth = '', fifth = '', sixth = ''] = rows
  expect(await readRetryFile(id, { corrections })).toBe(
    HEADER +
      second.replace(',99,', `,${TILL},`) +
      fourth.replace(', 99 ,', ',18,') +
      fifth.replace('yesterday', '1603263535000').replace(',x\n', ',"a, ""b"""\n') +
      sixth,
  )
  expect((await show((await show(id)).retriedAs)).corrections).toEqual(corrections)
})

test('what is corrected is imported, the original stays as it is, and a dry run inserts nothing', async () => {
  const { id } = await importMixed()
  const before = await show(id)
  const body = { codes: ['TILL_NOT_FOUND'], corrections: [{ column: 'redeemedAt', from: '99', to: String(TILL) }] }
  const dry = await retry(id, { ...body, dryRun: true })
  await work(intake, dry.body.id)
  expect(await show(dry.body.id)).toMatchObject({ dryRun: true, counts: { rows: 2, inserted: 2, rejected: 0 } })
  const real = await retry(id, body)
  await work(intake, real.body.id)
  expect(await show(real.body.id)).toMatchObject({ dryRun: false, counts: { rows: 2, inserted: 2, rejected: 0 } })
  expect(await show(id)).toEqual({ ...before, retriedAs: real.body.id })
})

test('a row that was not rejected, an unknown column and an unknown form are 400 and make nothing', async () => {
  const { id } = await importMixed()
  const before = await intake.countStored()
  const corrections = [
    { rowNumber: 1, drop: true },
    { rowNumber: 77, column: 'redeemedAt', to: '1' },
    { column: 'shop', from: '1', to: '2' },
  ]
  const { status, body } = await retry(id, { corrections })
  expect([status, body.errors.map((fault: Json) => [fault.code, fault.message.slice(0, 40)])]).toEqual([
    400,
    [
      ['UNKNOWN_COLUMN', 'corrections.2.column is "shop"; expected'],
      ['ROW_NOT_REJECTED', 'row 1 was not rejected; expected the row'],
      ['ROW_NOT_REJECTED', 'row 77 was not rejected; expected the ro'],
    ],
  ])
  for (const wrong of [{ code: 'X' }, { codes: [] }, { codes: ['NO_SUCH'] }, { corrections: [{ rowNumber: 2 }] }]) {
    expect((await retry(id, wrong)).status).toBe(400)
  }
  expect(await intake.countStored()).toEqual(before)
})

test('cancelled before it has its file, a retry can be resumed and gets it', async () => {
  const { id } = await importMixed()
  const { body: made } = await retry(id)
  await callApi(intake, 'POST', `/v1/imports/${made.id}/cancel`)
  expect(await workOnPreparation(intake, made.id)).toEqual(['cancelled'])
  expect((await callApi(intake, 'GET', `/v1/imports/${made.id}/file`)).status).toBe(404)
  expect((await callApi(intake, 'POST', `/v1/imports/${made.id}/resume`)).status).toBe(202)
  await work(intake, made.id)
  expect(await show(made.id)).toMatchObject({ status: 'completed', counts: { rows: 5 } })
})

test('a file that is gone fails the retry with a reason', async () => {
  const id = await uploadNative(intake, line('NOSUCH'))
  await work(intake, id)
  const { body: made } = await retry(id)
  const { fileKey } = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
  await intake.store.remove(fileKey)
  expect(await workOnPreparation(intake, made.id)).toEqual(['failed'])
  // Its job may come again.
  expect(await workOnPreparation(intake, made.id)).toEqual([])
  expect(await show(made.id)).toMatchObject({ status: 'failed', failure: { code: 'FILE_MISSING' } })
  expect((await retry(id, { dryRun: true })).status).toBe(404)
})
