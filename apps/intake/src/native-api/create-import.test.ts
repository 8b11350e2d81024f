import { gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { callApi, postNative, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, MOBILE, seedReference, TILL, work } from '../../test/work.ts'

const intake = await startIntake()
await seedReference(intake)

async function show(id: number) {
  const body = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
  return body
}

const NAMES = {
  uploadHeaders: "{redeemedDateInMillis: 'date', redeemedAt: 'till', mobile: 'phone', couponCode: 'code'}",
}
const HEADER = 'phone,code,till,date\n'
const named = (code: string): string => `${MOBILE},${code},${TILL},1603263535000\n`

test('an upload is accepted with where to look and when', async () => {
  const response = await postNative(intake, line('CODE1'))
  const body = await readJson(response)
  expect(response.status).toBe(202)
  expect(response.headers.get('location')).toBe(`${intake.url}/v1/imports/${body.id}`)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(body).toMatchObject({ status: 'queued', dryRun: false, metadata: null, retryOf: null })
  await work(intake, body.id)
  expect(await show(body.id)).toMatchObject({ status: 'completed', outcome: 'success', counts: { inserted: 1 } })
})

describe('what is said of the file', () => {
  const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'))
  test.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, object]>([
    ['names of columns', HEADER + named('CODE2'), NAMES, { inserted: 1, rejected: 0 }],
    ['names behind another delimiter', (HEADER + named('CODE3')).replaceAll(',', ';'), NAMES, { inserted: 1 }],
    [
      'names and positions',
      HEADER + named('CODE4'),
      { uploadHeaders: NAMES.uploadHeaders.replace("'phone'", '0') },
      { inserted: 1 },
    ],
    ['no header', line('CODE5'), { hasHeader: 'false' }, { rows: 1, inserted: 1 }],
    [
      'a header, whatever it looks like',
      line('CODE6') + line('CODE7'),
      { hasHeader: 'true' },
      { rows: 1, inserted: 1 },
    ],
    ['a delimiter', line('CODE8').replaceAll(',', '~'), { delimiter: '~' }, { inserted: 1 }],
    ['gzip', new Uint8Array(gzipSync(line('CODE9'))), {}, { inserted: 1 }],
    ['UTF-16', utf16(line('CODE10')), { encoding: 'utf-16le' }, { inserted: 1 }],
    [
      'UTF-16 packed with gzip',
      new Uint8Array(gzipSync(utf16(line('CODE11')))),
      { encoding: 'utf-16le' },
      { inserted: 1 },
    ],
  ])('%s', async (_name, content, fields, counts) => {
    const id = await uploadNative(intake, content, { fields })
    await work(intake, id)
    expect(await show(id)).toMatchObject({ status: 'completed', counts })
    const file = await callApi(intake, 'GET', `/v1/imports/${id}/file`)
    expect(Buffer.from(await file.arrayBuffer())).toEqual(Buffer.from(content))
  })

  test('the report shows windows-1252 as the characters that it means', async () => {
    const content = new Uint8Array([...Buffer.from(`1603263535000,${TILL},${MOBILE},`), 0x80, 0xe9, 0x93, 0x0a])
    const id = await uploadNative(intake, content, { fields: { encoding: 'windows-1252' } })
    await work(intake, id)
    const { items } = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}/errors`))
    expect(items).toMatchObject([{ column: 'couponCode', value: '€é“', code: 'COUPON_NOT_FOUND' }])
  })
})

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

describe.each([
  ['nothing', {}],
  ['a delimiter', { delimiter: ',' }],
  ['a header', { hasHeader: 'false' }],
  ['both', { delimiter: ',', hasHeader: 'false' }],
])('of a file that is no CSV and said to have %s', (_said, fields) => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['empty', '', 'EMPTY_FILE'],
    ['blank', '\ufeff \r\n', 'EMPTY_FILE'],
    ['an image', PNG, 'NOT_CSV'],
    ['a zip', new Uint8Array(Buffer.from('504b0304140000000800', 'hex')), 'NOT_CSV'],
  ])('%s fails', async (_name, content, code) => {
    const id = await uploadNative(intake, content, { fields })
    await work(intake, id)
    expect(await show(id)).toMatchObject({ status: 'failed', failure: { code }, counts: { rows: 0 } })
  })
})

test.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, string, RegExp]>([
  [
    'a name that the header has not',
    HEADER + named('CODE1'),
    { uploadHeaders: NAMES.uploadHeaders.replace('code', 'voucher') },
    'HEADER_NOT_FOUND',
    /"voucher"/,
  ],
  ['a name that is there twice', `code,${HEADER}`, NAMES, 'HEADER_AMBIGUOUS', /"code"/],
  ['names and no header', HEADER, { ...NAMES, hasHeader: 'false' }, 'HEADER_NOT_FOUND', /hasHeader is false/],
  ['names for an image', PNG, NAMES, 'NOT_CSV', /PNG/],
  ['gzip that is cut', new Uint8Array(gzipSync(line('CODE1')).subarray(0, 20)), {}, 'INVALID_GZIP', /gzip/],
  ['a wrong encoding', line('CODE1'), { encoding: 'latin1' }, 'INVALID_VALUE', /"latin1"/],
  ['a wrong delimiter', line('CODE1'), { delimiter: '"' }, 'INVALID_VALUE', /delimiter/],
  ['a wrong hasHeader', line('CODE1'), { hasHeader: 'perhaps' }, 'INVALID_VALUE', /"perhaps"/],
  ['a wrong dryRun', line('CODE1'), { dryRun: '1' }, 'INVALID_VALUE', /dryRun/],
  ['a negative maxErrors', line('CODE1'), { maxErrors: '-1' }, 'INVALID_VALUE', /"-1"/],
  ...['1.5', '1.0000001', '-0.1', '1e1', '0,5', '.', '5%', '0x1', 'NaN', ' '].map(
    (ratio): [string, string, Record<string, string>, string, RegExp] => [
      `a maxErrorRatio of "${ratio}"`,
      line('CODE1'),
      { maxErrorRatio: ratio },
      'INVALID_VALUE',
      /maxErrorRatio is .*expected a number from 0 to 1/,
    ],
  ),
  ['a wrong onSameFile', line('CODE1'), { onSameFile: 'ignore' }, 'INVALID_VALUE', /"ignore"/],
  ['metadata that is no object', line('CODE1'), { metadata: '[1]' }, 'INVALID_JSON', /object/],
  ...['{"a":"\\ud800"}', '{"a":["b",{"c":"\\udfff"}]}', '{"a":"\\u0000"}', '{"\\u0000":1}', '{"a":\0}'].map(
    (metadata): [string, string, Record<string, string>, string, RegExp] => [
      `metadata that cannot be kept, ${JSON.stringify(metadata)},`,
      line('CODE1'),
      { metadata },
      metadata.includes('\0') ? 'INVALID_VALUE' : 'INVALID_JSON',
      /NUL characters and unpaired surrogates/,
    ],
  ),
  ...['1e999', '12345678901234567890', '0.1234567890123456789'].map(
    (number): [string, string, Record<string, string>, string, RegExp] => [
      `metadata with the number ${number}`,
      line('CODE1'),
      { metadata: `{"a":[{"b":${number}}]}` },
      'INVALID_VALUE',
      new RegExp(`metadata holds the number ${number}, .*expected .*text in quotes`),
    ],
  ),
  ['a callbackUrl that is none', line('CODE1'), { callbackUrl: 'example' }, 'INVALID_URL', /URL/],
  ['a callbackUrl into the house', line('CODE1'), { callbackUrl: 'https://127.0.0.1/' }, 'INVALID_URL', /private/],
])('%s is refused and leaves nothing', async (_name, content, fields, code, message) => {
  const before = await intake.countStored()
  const response = await postNative(intake, content, { fields })
  expect([response.status, await readJson(response)]).toMatchObject([
    400,
    { code, detail: expect.stringMatching(message) },
  ])
  expect(await intake.countStored()).toEqual(before)
})

test('gzip that unpacks beyond the limit is 413, and to absurd sizes 400', async () => {
  const large = await postNative(intake, new Uint8Array(gzipSync(Buffer.alloc(2 * 1024 * 1024, 'a,b\n'))))
  expect([large.status, (await readJson(large)).code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  const roomy = await startIntake({ uploadMaxBytes: 1024 ** 3 })
  const bomb = await postNative(roomy, new Uint8Array(gzipSync(Buffer.alloc(64 * 1024 * 1024))))
  expect([bomb.status, (await readJson(bomb)).code]).toEqual([400, 'COMPRESSION_RATIO_TOO_HIGH'])
  expect(await roomy.countStored()).toMatchObject({ imports: 0, files: 0 })
})

test('all faults of an upload are reported at once', async () => {
  const response = await postNative(intake, 'x', {
    fields: { customerIdentifier: 'NAME', encoding: 'x', metadata: '{' },
  })
  const { errors } = await readJson(response)
  expect(errors.map(({ field }: { field: string }) => field).toSorted()).toEqual(['customerIdentifier', 'encoding'])
})

test('metadata and details are kept', async () => {
  const fields = { metadata: '{"source":"pos","n":[1],"\\\\u0000":"\\ud83d\\ude00"}', details: 'monthly' }
  const id = await uploadNative(intake, line('CODE12'), { fields })
  expect(await show(id)).toMatchObject({ metadata: { source: 'pos', n: [1], '\\u0000': '😀' }, details: 'monthly' })
})

test('a file that the series was given before is refused where that is asked for, by one of two at once', async () => {
  const fields = { onSameFile: 'reject' }
  const content = line('CODE13')
  const both = await Promise.all([postNative(intake, content, { fields }), postNative(intake, content, { fields })])
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409])
  const packed = await postNative(intake, new Uint8Array(gzipSync(content)), { fields })
  expect([packed.status, await readJson(packed)]).toMatchObject([
    409,
    { code: 'SAME_FILE', importId: expect.any(Number) },
  ])
  expect((await postNative(intake, content)).status).toBe(202)
})

describe('an Idempotency-Key', () => {
  const headers = (key: string) => ({ 'Idempotency-Key': key })

  test('gives the first answer again, also once the import is over', async () => {
    const first = await postNative(intake, line('CODE14'), { headers: headers('k1') })
    const firstBody = await first.text()
    const { id } = JSON.parse(firstBody)
    await work(intake, id)
    const before = await intake.countStored()
    const second = await postNative(intake, line('CODE14'), { headers: headers('k1') })
    expect([second.status, await second.text()]).toEqual([202, firstBody])
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await intake.countStored()).toEqual(before)
  })

  test('with another payload is 422', async () => {
    await postNative(intake, line('CODE15'), { headers: headers('k2') })
    const before = await intake.countStored()
    const other = await postNative(intake, line('CODE16'), { headers: headers('k2') })
    expect([other.status, (await readJson(other)).code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(await intake.countStored()).toEqual(before)
  })

  test('of two requests at once makes one import', async () => {
    const before = await intake.countStored()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => postNative(intake, line('CODE17'), { headers: headers('k3') })),
    )
    const made = await Promise.all(
      answers.map(async (answer) => ({ status: answer.status, body: await readJson(answer) })),
    )
    expect(new Set(made.map(({ status }) => status))).toEqual(
      new Set([202, 409].filter((status) => made.some((one) => one.status === status))),
    )
    const ids = made.filter(({ status }) => status === 202).map(({ body }) => body.id)
    expect(new Set(ids).size).toBe(1)
    expect((await intake.countStored()).imports).toBe(before.imports + 1)
  })

  test('is free again after a refused request, and after its process died', async () => {
    expect((await postNative(intake, 'x', { headers: headers('k4'), fields: { encoding: 'x' } })).status).toBe(400)
    expect((await postNative(intake, line('CODE18'), { headers: headers('k4') })).status).toBe(202)
    const { idempotencyClaim } = intake.database.prisma
    const claim = { orgId: 9619, key: 'k5', token: 'of the dead' }
    await idempotencyClaim.create({ data: claim })
    const held = await postNative(intake, line('CODE19'), { headers: headers('k5') })
    expect([held.status, (await readJson(held)).code]).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE'])
    await idempotencyClaim.updateMany({ where: { key: 'k5' }, data: { claimedAt: new Date(Date.now() - 60_000) } })
    expect((await postNative(intake, line('CODE19'), { headers: headers('k5') })).status).toBe(202)
  })

  test('is forgotten after 24 hours', async () => {
    const first = await uploadNative(intake, line('CODE20'), { headers: headers('k6') })
    const createdAt = new Date(Date.now() - 25 * 3_600_000)
    await intake.database.prisma.import.update({ where: { id: first }, data: { createdAt } })
    expect(await uploadNative(intake, line('CODE21'), { headers: headers('k6') })).not.toBe(first)
  })
})

test.each([
  ['0', 0],
  ['1', 1],
  ['1.', 1],
  ['.5', 0.5],
  ['1e-3', 0.001],
  ['2.5E-1', 0.25],
  ['0.3333333333333333', 0.3333333333333333],
])('a maxErrorRatio of %s is %d', async (maxErrorRatio, ratio) => {
  const id = await uploadNative(intake, line('CODE22'), { fields: { maxErrorRatio } })
  const stored = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
  expect(stored.maxErrorRatio).toBe(ratio)
})

test('a dry run reports what would have been, rows that compete across batches included, and inserts nothing', async () => {
  const codes = Array.from({ length: 60 }, (_, i) => `CODE${100 + (i % 25)}`)
  const content = codes.map((code, i) => line(code, 1_603_263_535_000 + (i % 50))).join('') + line('NOSUCH')
  const dry = await uploadNative(intake, content, { fields: { dryRun: 'true' } })
  await work(intake, dry, { batchRows: 7 })
  expect(await intake.database.prisma.redemption.count({ where: { importId: dry } })).toBe(0)
  const real = await uploadNative(intake, content)
  await work(intake, real, { batchRows: 7 })
  const [dryRun, was] = [await show(dry), await show(real)]
  expect(dryRun).toMatchObject({
    status: 'completed',
    dryRun: true,
    counts: was.counts,
    errorsByCode: was.errorsByCode,
  })
  expect(was.counts).toEqual({ rows: 61, inserted: 25, duplicates: 10, rejected: 26 })
  for (const report of ['errors.csv', 'inserted.csv', 'duplicates.csv']) {
    const texts = await Promise.all(
      [dry, real].map(async (id) => (await callApi(intake, 'GET', `/v1/imports/${id}/${report}`)).text()),
    )
    expect(texts[0]).toBe(texts[1])
  }
})

test.each([
  ['maxErrors', { maxErrors: '100' }, 'failed'],
  ['maxErrors', { maxErrors: '1500' }, 'completed'],
  ['maxErrorRatio', { maxErrorRatio: '0.3' }, 'failed'],
  ['maxErrorRatio', { maxErrorRatio: '0.6' }, 'completed'],
])('%s of %j ends an import of 2,500 rows, every second of them wrong, as %s', async (_name, fields, status) => {
  const content = Array.from({ length: 2_500 }, (_, i) => line(i % 2 === 0 ? `NOSUCH${i}` : `CODE${1_000 + i}`)).join(
    '',
  )
  const id = await uploadNative(intake, content, { fields })
  await work(intake, id, { batchRows: 10_000 })
  const body = await show(id)
  expect(body.status).toBe(status)
  if (status === 'completed') return
  expect(body.failure.code).toBe('ERROR_BUDGET_EXCEEDED')
  expect(body.counts.rows).toBeLessThan(2_500)
  const unprocessed = await (await callApi(intake, 'GET', `/v1/imports/${id}/unprocessed.csv`)).text()
  expect(unprocessed.trimEnd().split('\n').length - 1).toBe(2_500 - body.counts.rows)
  expect((await callApi(intake, 'POST', `/v1/imports/${id}/resume`)).status).toBe(202)
  await work(intake, id)
  expect(await show(id)).toMatchObject({ status: 'completed', counts: { rows: 2_500 } })
})
