import { gzipSync } from 'node:zlib'

import { inspectionView } from '@importer/contracts'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { ORG, OTHER_SERIES, SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, makeForm } from '../../test/upload.ts'
import { line, MOBILE, seedReference, TILL, work } from '../../test/work.ts'

const LIMITED = 11
const UNLIMITED = 12
const NAMED =
  '{"redeemedDateInMillis": "Redeemed on", "redeemedAt": "Till", "mobile": "Mobile", "couponCode": "Coupon"}'
const HEADER = 'Redeemed on,Till,Mobile,Coupon\n'

let intake: TestIntake

beforeAll(async () => {
  intake = await startIntake({ uploadMaxBytes: 64 * 1024 * 1024 })
  await seedReference(intake)
  const { prisma } = intake.database
  await prisma.series.createMany({
    data: [
      { orgId: ORG, id: LIMITED, maxRedemptionsPerCoupon: 2, singleUse: false },
      { orgId: ORG, id: UNLIMITED, maxRedemptionsPerCoupon: null, singleUse: false },
    ],
  })
  await prisma.$executeRaw`
    INSERT INTO coupon (org_id, id, series_id, code, code_key, revoked)
    SELECT ${ORG}, s * 100000 + n, s, 'CODE' || n, 'code' || n, n = 5
    FROM generate_series(${LIMITED}::int, ${UNLIMITED}::int) s, generate_series(1, 9) n`
  // Some coupons are used before.
  for (const series of [SERIES, LIMITED, UNLIMITED]) {
    await work(
      intake,
      await uploadNative(intake, line('CODE1') + line('CODE2') + line('CODE2', 1_603_263_536_000), { series }),
    )
  }
})

async function postInspect(
  content: string | Uint8Array<ArrayBuffer>,
  fields: Record<string, string> = {},
  key = intake.keys.read,
): Promise<Response> {
  return fetch(`${intake.url}/v1/inspect`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: makeForm([...fieldParts(fields), filePart(content)]),
  })
}

async function inspect(...call: Parameters<typeof postInspect>) {
  const response = await postInspect(...call)
  expect(response.status).toBe(200)
  return inspectionView.parse(await response.json())
}

async function countRows(): Promise<unknown> {
  return intake.database.prisma.$queryRaw`
    SELECT (SELECT count(*) FROM import)::int AS imports, (SELECT count(*) FROM import_lane)::int AS partitions,
           (SELECT count(*) FROM rejected_row)::int AS rejected, (SELECT count(*) FROM duplicate_row)::int AS duplicates,
           (SELECT count(*) FROM dry_redemption)::int AS dry, (SELECT count(*) FROM redemption)::int AS redemptions,
           (SELECT count(*) FROM import_error_group)::int AS groups, (SELECT count(*) FROM import_position)::int AS positions,
           (SELECT count(*) FROM audit_event)::int AS events`
}

test('rows are looked up as an import would, and nothing is stored', async () => {
  const before = [await countRows(), await intake.countStored()]
  const file =
    HEADER + line('CODE1') + line('CODE1', 1_603_263_537_000) + line('NOSUCH') + line('CODE9') + `x${line('CODE8')}`
  const found = await inspect(file, { seriesId: String(SERIES) })
  expect(found).toMatchObject({
    headerRow: true,
    uploadHeaders: { mobile: 2, couponCode: 3, redeemedDateInMillis: 0, redeemedAt: 1 },
  })
  expect(found.rows.map(({ errors }) => errors.map(({ code }) => code))).toEqual([
    // The very redemption that is recorded is a duplicate, which is no error.
    [],
    ['COUPON_ALREADY_REDEEMED'],
    ['COUPON_NOT_FOUND'],
    [],
    ['INVALID_DATE'],
  ])
  expect(found.rows[2]?.errors[0]).toMatchObject({
    column: 'couponCode',
    value: 'NOSUCH',
    number: 719,
    remedy: expect.any(String),
  })
  // Without a series there is nothing to look up in.
  expect((await inspect(file)).rows.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(['INVALID_DATE'])
  expect([await countRows(), await intake.countStored()]).toEqual(before)
})

const cell = {
  date: fc.constantFrom(
    '1603263535000',
    '1603263536000',
    '1603263537000',
    '1603263535',
    '',
    'yesterday',
    '99999999999999',
  ),
  till: fc.constantFrom(String(TILL), String(TILL), String(TILL), '17', '', 'abc', `${TILL}.0`),
  mobile: fc.constantFrom(MOBILE, MOBILE, `+${MOBILE}`, '91 99999-99999 9', '123', ''),
  code: fc.constantFrom('CODE1', 'CODE2', 'code3', 'CODE4', 'CODE5', ' CODE6', 'NOSUCH', '', 'x'.repeat(300)),
}
const record = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(cell.date, cell.till, cell.mobile, cell.code).map((cells) => cells.join(',')) },
  { weight: 1, arbitrary: fc.constantFrom('1603263535000', '"open,1', '"a"b,c', ',,,', '\0', '') },
)

test.each([
  ['used once', SERIES],
  ['with a limit', LIMITED],
  ['without a limit', UNLIMITED],
])('an inspection foretells what a dry run says, in a series %s', async (_name, series) => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
      const file = `${HEADER}${line('CODE7')}${records.join('\n')}\n`
      const found = await inspect(file, { seriesId: String(series), uploadHeaders: NAMED, hasHeader: 'true' })
      const { customerIdentifier, couponIdentifier, uploadHeaders, dateFormat, delimiter } = found
      const fields = {
        customerIdentifier: customerIdentifier ?? '',
        couponIdentifier: couponIdentifier ?? '',
        uploadHeaders: JSON.stringify(uploadHeaders),
        hasHeader: 'true',
        dryRun: 'true',
        // Of dates that mostly look so.
        ...(dateFormat !== null && { dateFormat }),
      }
      const id = await uploadNative(intake, file, { series, fields })
      await work(intake, id)
      const { items } = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}/errors?limit=1000`))
      const view = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
      expect([view.status, view.delimiter, Math.min(view.counts.rows, 20)]).toEqual([
        'completed',
        delimiter,
        found.rows.length,
      ])
      const foretold = found.rows.flatMap(({ rowNumber, line: at, errors }) =>
        errors.map(({ code, number, column, value, message }) => ({
          rowNumber,
          line: at,
          column,
          value,
          code,
          number,
          message,
        })),
      )
      expect(foretold).toEqual(items.filter(({ rowNumber }: { rowNumber: number }) => rowNumber <= 20))
    }),
    { numRuns: 12 },
  )
})

describe('a request that is not as it should be', () => {
  test.each([
    [{ delimiter: 'abc' }, 'INVALID_VALUE', 'delimiter'],
    [{ skipLines: '101' }, 'INVALID_VALUE', 'skipLines'],
    [{ encoding: 'latin1' }, 'INVALID_VALUE', 'encoding'],
    [{ customerIdentifier: 'NAME' }, 'INVALID_VALUE', 'customerIdentifier'],
    [{ uploadHeaders: '{"till": 1}' }, 'UNKNOWN_KEY', 'uploadHeaders'],
    [{ hasheader: 'true' }, 'UNKNOWN_FIELD', 'hasheader'],
    [{ seriesId: 'spring' }, 'INVALID_VALUE', 'seriesId'],
  ])('%j is 400', async (fields, code, field) => {
    const response = await postInspect(HEADER, fields)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code, detail: expect.stringContaining(field) },
    ])
  })

  test('every fault is reported at once', async () => {
    const { errors } = await readJson(await postInspect(HEADER, { delimiter: 'abc', encoding: 'x', no: 'such' }))
    const fields = new Set(errors.map(({ field }: { field: string }) => field))
    expect([...fields]).toEqual(['delimiter', 'encoding', 'no'])
  })

  test('a series of another organization, and one that nobody has, is 404', async () => {
    for (const seriesId of [OTHER_SERIES, 5]) {
      const response = await postInspect(HEADER, { seriesId: String(seriesId) })
      expect([response.status, (await readJson(response)).code]).toEqual([404, 'SERIES_NOT_FOUND'])
    }
  })

  test('no file is 400, no form too', async () => {
    const headers = { Authorization: `Bearer ${intake.keys.read}` }
    const none = await fetch(`${intake.url}/v1/inspect`, {
      method: 'POST',
      headers,
      body: makeForm(fieldParts({ hasHeader: 'true' })),
    })
    expect([none.status, (await readJson(none)).code]).toEqual([400, 'MISSING_FILE'])
    const bare = await fetch(`${intake.url}/v1/inspect`, { method: 'POST', headers, body: HEADER })
    expect([bare.status, (await readJson(bare)).code]).toEqual([400, 'NOT_MULTIPART'])
  })
})

test('what a person can still choose is a part of the answer', async () => {
  const incomplete = await inspect(HEADER + line('CODE9'), { uploadHeaders: '{"mobile": 2}' })
  expect(incomplete).toMatchObject({ uploadHeaders: null, rows: [{ errors: [] }] })
  expect(incomplete.problems.map(({ code }) => code)).toEqual(['MISSING_KEY', 'MISSING_KEY'])
  const pattern = await inspect(HEADER + line('CODE9'), { dateFormat: 'dd.MM.yyyy', seriesId: String(SERIES) })
  expect(pattern).toMatchObject({ dateFormat: 'dd.MM.yyyy', timeZone: null, rows: [{ errors: [] }] })
  expect(pattern.problems).toMatchObject([{ code: 'MISSING_FIELD', message: expect.stringContaining('timeZone') }])
})

test('of a long file only the beginning counts, packed or not, and fields may come behind it', async () => {
  const file = HEADER + line('CODE9').repeat(1_000_000)
  for (const content of [new TextEncoder().encode(file), new Uint8Array(gzipSync(file))]) {
    const form = makeForm([filePart(content), ...fieldParts({ seriesId: String(SERIES) })])
    const headers = { Authorization: `Bearer ${intake.keys.write}` }
    const response = await fetch(`${intake.url}/v1/inspect`, { method: 'POST', headers, body: form })
    const { rows, problems } = inspectionView.parse(await response.json())
    expect([response.status, rows.length, problems]).toEqual([200, 20, []])
    expect(rows.map(({ errors }) => errors.length)).toEqual(Array.from({ length: 20 }, () => 0))
  }
})

test('many at once are all answered', async () => {
  const before = await countRows()
  const answers = await Promise.all(
    Array.from({ length: 30 }, async () => inspect(HEADER + line('CODE9'), { seriesId: String(SERIES) })),
  )
  expect(answers.map(({ rows }) => rows.length)).toEqual(answers.map(() => 1))
  expect(await countRows()).toEqual(before)
})
