import { Readable } from 'node:stream'

import { errorGroupListView, rowErrorListView, rowExplanationView, seriesListView } from '@importer/contracts'
import { readWorkbook } from '@importer/workbook'
import { beforeAll, describe, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { ORG, SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line, MOBILE, seedReference, TILL, work, workOnRevert } from '../../test/work.ts'

const AT = 1_603_263_535_000
const OTHER_SERIES_OF_ORG = 77
const HEADER = 'when,till,phone,code,note\n'

let intake: TestIntake
beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  const { prisma } = intake.database
  await prisma.series.create({
    data: { orgId: ORG, id: OTHER_SERIES_OF_ORG, name: 'Winter Sale', validFrom: new Date('2030-01-01T00:00:00Z') },
  })
  await prisma.coupon.create({
    data: { orgId: ORG, id: 900_001, seriesId: OTHER_SERIES_OF_ORG, code: 'COLD', codeKey: 'cold' },
  })
})

const get = async (path: string) => readJson(await callApi(intake, 'GET', path))
async function importFile(content: string, options: Parameters<typeof uploadNative>[2] = {}): Promise<number> {
  const id = await uploadNative(intake, content, options)
  await work(intake, id)
  return id
}
const explain = async (id: number, row: number) => rowExplanationView.parse(await get(`/v1/imports/${id}/rows/${row}`))

describe('a row is explained', () => {
  let id: number
  beforeAll(async () => {
    const rows = [
      line('CODE1001'),
      `${AT + 1},${TILL},+91 9999999999,code1001,"two\nlines"\n`,
      line('CODE1001'),
      '1603263535,99,nobody,NOSUCH\n',
      line('COLD'),
      '"open\n',
    ]
    id = await importFile(HEADER + rows.join(''))
  })

  test('that was inserted: with its own redemption and how each cell was read', async () => {
    const row = await explain(id, 1)
    expect(row).toMatchObject({
      rowNumber: 1,
      line: 2,
      outcome: 'inserted',
      raw: line('CODE1001').trimEnd(),
      errors: [],
      context: { coupon: { id: 1001 }, redemptions: [{ importId: id, rowNumber: 1, couponId: 1001, tillId: TILL }] },
    })
    expect(row.cells).toEqual([
      { position: 0, name: 'when', key: 'redeemedDateInMillis', value: `${AT}`, read: new Date(AT).toISOString() },
      { position: 1, name: 'till', key: 'redeemedAt', value: `${TILL}`, read: `${TILL}` },
      { position: 2, name: 'phone', key: 'mobile', value: MOBILE, read: MOBILE },
      { position: 3, name: 'code', key: 'couponCode', value: 'CODE1001', read: 'code1001' },
      { position: 4, name: 'note', key: null, value: '', read: null },
    ])
  })

  test('that was rejected by a rule: with the redemption that stands in the way', async () => {
    const row = await explain(id, 2)
    expect(row).toMatchObject({
      outcome: 'rejected',
      line: 3,
      errors: [{ code: 'COUPON_ALREADY_REDEEMED', number: 711, column: 'couponCode', value: 'code1001' }],
      context: { redemptions: [{ importId: id, rowNumber: 1, redeemedAt: new Date(AT).toISOString() }] },
    })
    expect(row.cells[2]).toMatchObject({ value: '+91 9999999999', read: MOBILE })
    for (const { cause, remedy } of row.errors) expect([cause, remedy].every((text) => text.length > 20)).toBe(true)
  })

  test('that is a duplicate: with the one that it repeats', async () => {
    expect(await explain(id, 3)).toMatchObject({
      outcome: 'duplicate',
      line: 5,
      errors: [],
      context: { redemptions: [{ importId: id, rowNumber: 1 }] },
    })
  })

  test('that has errors of syntax: nothing is read of it', async () => {
    const row = await explain(id, 4)
    expect(row.errors).toMatchObject([
      {
        code: 'INVALID_DATE',
        number: 739,
        value: '1603263535',
        message: expect.stringMatching(/before the year 2000.*it looks like seconds/),
        cause: 'The file writes dates in seconds since 1970.',
        remedy: 'Upload it with `dateFormat=epochSeconds`.',
      },
    ])
    expect(row.cells.map(({ read }) => read)).toEqual([null, null, null, null, null])
    expect(row.context).toEqual({ redemptions: [], series: null, coupon: null })
  })

  test('whose coupon is in another series: with that series', async () => {
    expect(await explain(id, 5)).toMatchObject({
      errors: [{ code: 'COUPON_NOT_IN_SERIES' }],
      context: { series: { id: OTHER_SERIES_OF_ORG, name: 'Winter Sale' }, coupon: { code: 'COLD' } },
    })
  })

  test('that cannot be split: by its text', async () => {
    expect(await explain(id, 6)).toMatchObject({
      raw: '"open',
      errors: [{ code: 'MALFORMED_ROW', column: null }],
      cells: [{ position: 0, key: null, value: '"open', read: null }],
    })
  })

  test.each([
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [8, 6],
  ])('by line %i, which is of row %i', async (lineNumber, rowNumber) => {
    expect(await get(`/v1/imports/${id}/rows?line=${lineNumber}`)).toEqual(await explain(id, rowNumber))
  })

  test.each(['rows/7', 'rows/0', 'rows/99999999999', 'rows?line=1'])('%s is no row of it', async (path) => {
    const response = await callApi(intake, 'GET', `/v1/imports/${id}/${path}`)
    expect([response.status, (await readJson(response)).code]).toEqual([404, 'ROW_NOT_FOUND'])
  })

  describe('among lines that belong to no row', () => {
    let gaps: number
    const TWO_LINES = `${AT + 2},${TILL},${MOBILE},CODE1030,"two\r\n\r\nlines"`
    beforeAll(async () => {
      const lines = [HEADER.trimEnd(), '', line('CODE1031').trimEnd(), '', ' ', ',,,,', TWO_LINES, '']
      gaps = await importFile(
        [...lines, HEADER.trimEnd(), '"open', '', line('CODE1032').trimEnd(), '', ''].join('\r\n'),
      )
    })

    test.each([
      [3, 1, line('CODE1031').trimEnd()],
      [7, 2, TWO_LINES],
      [8, 2, TWO_LINES],
      [9, 2, TWO_LINES],
      [12, 3, '"open'],
      [14, 4, line('CODE1032').trimEnd()],
    ])('line %i is of row %i, with the bytes of its record alone', async (lineNumber, rowNumber, raw) => {
      expect(await get(`/v1/imports/${gaps}/rows?line=${lineNumber}`)).toMatchObject({ rowNumber, raw })
      expect(await explain(gaps, rowNumber)).toMatchObject({ rowNumber, raw })
    })

    test.each([1, 2, 4, 5, 6, 10, 11, 13, 15, 16, 17, 99_999])('line %i is of none', async (lineNumber) => {
      const response = await callApi(intake, 'GET', `/v1/imports/${gaps}/rows?line=${lineNumber}`)
      const { code, detail } = await readJson(response)
      expect([response.status, code, detail]).toEqual([
        404,
        'ROW_NOT_FOUND',
        expect.stringContaining(`line ${lineNumber} of the file belongs to no row`),
      ])
    })
  })

  test('to its own organization alone', async () => {
    const response = await callApi(intake, 'GET', `/v1/imports/${id}/rows/1`, { key: intake.keys.other })
    expect(response.status).toBe(404)
  })

  test('of a reverted import, of a dry run, and of one that has not begun', async () => {
    const reverted = await importFile(line('CODE1010'))
    await callApi(intake, 'POST', `/v1/imports/${reverted}/revert`)
    await workOnRevert(intake, reverted)
    expect(await explain(reverted, 1)).toMatchObject({ outcome: 'reverted', context: { redemptions: [] } })

    const dry = await importFile(line('CODE1011') + line('NOSUCH'), { fields: { dryRun: 'true' } })
    expect([(await explain(dry, 1)).outcome, (await explain(dry, 2)).outcome]).toEqual(['inserted', 'rejected'])

    const cancelled = await uploadNative(intake, line('CODE1012').repeat(3))
    await work(intake, cancelled, { shouldYield: () => true, batchRows: 1, partitionCount: 1 })
    await callApi(intake, 'POST', `/v1/imports/${cancelled}/cancel`)
    const { counts } = await get(`/v1/imports/${cancelled}`)
    const last = await explain(cancelled, 3)
    expect(last.outcome).toBe(counts.rows === 3 ? 'duplicate' : 'unprocessed')
  })

  test('anywhere in a file of many batches', async () => {
    const many = await importFile(
      Array.from({ length: 200 }, (_, i) => line(i % 2 === 0 ? `CODE${2_000 + i}` : `NO${i}`)).join(''),
    )
    for (const rowNumber of [1, 2, 99, 100, 199, 200]) {
      expect(await explain(many, rowNumber)).toMatchObject({
        rowNumber,
        line: rowNumber,
        outcome: rowNumber % 2 === 0 ? 'rejected' : 'inserted',
        raw: line(rowNumber % 2 === 1 ? `CODE${1_999 + rowNumber}` : `NO${rowNumber - 1}`).trimEnd(),
      })
    }
  })
})

describe('rejected rows', () => {
  let id: number
  beforeAll(async () => {
    // Rows 1 to 40: every second is wrong, of those every fourth in its till, the others in their coupon.
    const rows = Array.from({ length: 40 }, (_, i) => {
      if (i % 2 === 0) return line(`CODE${3_000 + i}`)
      return i % 8 === 7 ? `${AT},${90 + (i % 16)},${MOBILE},CODE${3_000 + i}\n` : line('NOSUCH')
    })
    id = await importFile(rows.join(''))
  })
  const groups = async (by: string) => errorGroupListView.parse(await get(`/v1/imports/${id}/error-groups?by=${by}`))
  const rowsOf = async (query: string) => {
    const { items } = rowErrorListView.parse(await get(`/v1/imports/${id}/errors?${query}`))
    return items.map(({ rowNumber }) => rowNumber)
  }

  test('are grouped by code and column, the largest group first', async () => {
    const { items, exact } = await groups('code')
    expect(exact).toBe(true)
    expect(items).toMatchObject([
      { code: 'COUPON_NOT_FOUND', column: 'couponCode', value: null, rows: 15, firstRows: [2, 4, 6, 10, 12] },
      { code: 'TILL_NOT_FOUND', column: 'redeemedAt', value: null, rows: 5, firstRows: [8, 16, 24, 32, 40] },
    ])
    for (const { message, cause, remedy } of items) {
      expect([message, cause, remedy].every((text) => text.length > 10)).toBe(true)
    }
  })

  test('are grouped by value too', async () => {
    const { items, exact } = await groups('value')
    expect(exact).toBe(true)
    expect(items).toMatchObject([
      { code: 'COUPON_NOT_FOUND', value: 'NOSUCH', rows: 15, firstRows: [2, 4, 6, 10, 12] },
      { code: 'TILL_NOT_FOUND', value: '97', rows: 3, firstRows: [8, 24, 40] },
      { code: 'TILL_NOT_FOUND', value: '105', rows: 2, firstRows: [16, 32] },
    ])
    expect(items[1]?.message).toContain('"97"')
  })

  test.each<[string, number[]]>([
    ['code=TILL_NOT_FOUND', [8, 16, 24, 32, 40]],
    ['column=redeemedAt', [8, 16, 24, 32, 40]],
    ['code=TILL_NOT_FOUND&column=couponCode', []],
    ['code=TILL_NOT_FOUND&fromRow=16', [16, 24, 32, 40]],
    ['code=TILL_NOT_FOUND&fromRow=17', [24, 32, 40]],
    ['value=105', [16, 32]],
    ['value=nothing', []],
    ['fromRow=36&limit=2', [36, 38]],
  ])('are listed by %s', async (query, expected) => {
    expect(await rowsOf(query)).toEqual(expected)
  })

  test('with a value are listed page by page', async () => {
    const first = await get(`/v1/imports/${id}/errors?value=97&limit=2`)
    expect(first.items.map(({ rowNumber }: { rowNumber: number }) => rowNumber)).toEqual([8, 24])
    expect(await rowsOf(`value=97&limit=2&cursor=${first.nextCursor}`)).toEqual([40])
  })

  test('of a batch that is committed count at once, whoever goes on', async () => {
    const other = await uploadNative(intake, line('NOSUCH').repeat(30))
    await work(intake, other, { shouldYield: () => true, batchRows: 5 })
    await work(intake, other)
    const { items } = errorGroupListView.parse(await get(`/v1/imports/${other}/error-groups`))
    expect(items).toMatchObject([{ rows: 30, firstRows: [1, 2, 3, 4, 5] }])
  })

  test.each(['error-groups?by=line', 'errors?code=NO_CODE', 'errors?column=when', 'errors?fromRow=0', 'rows?line=0'])(
    'cannot be asked by %s',
    async (path) => expect((await callApi(intake, 'GET', `/v1/imports/${id}/${path}`)).status).toBe(400),
  )
})

test('imports are found by outcome, by a part of their name, and by their id', async () => {
  const good = await importFile(line('CODE4001'))
  const mixed = await importFile(line('CODE4002') + line('NOSUCH'))
  const bad = await importFile(line('NOSUCH'))
  const ids = async (query: string) =>
    (await get(`/v1/imports?limit=1000&${query}`)).items.map(({ id }: { id: number }) => id)
  const byOutcome = { success: good, partial: mixed, failure: bad }
  for (const [outcome, id] of Object.entries(byOutcome)) {
    const found = await ids(`outcome=${outcome}`)
    for (const other of Object.values(byOutcome)) expect(found.includes(other)).toBe(other === id)
  }
  const { fileName } = await get(`/v1/imports/${good}`)
  expect(await ids(`q=${encodeURIComponent(fileName.slice(2, 20).toUpperCase())}`)).toContain(good)
  expect(await ids(`q=${good}`)).toContain(good)
  expect(await ids('q=no-such-file')).toEqual([])
  expect(await ids('q=%25')).toEqual([])
})

test('series are found by a part of their name and by how their id begins, page by page', async () => {
  const ids = async (query: string) =>
    seriesListView.parse(await get(`/v1/series?${query}`)).items.map(({ id }: { id: number }) => id)
  expect(await ids('')).toEqual([OTHER_SERIES_OF_ORG, SERIES])
  expect(await ids('q=winter')).toEqual([OTHER_SERIES_OF_ORG])
  expect(await ids(`q=${String(SERIES).slice(0, 3)}`)).toEqual([SERIES])
  expect(await ids('q=%25')).toEqual([])
  const { nextCursor } = await get('/v1/series?limit=1')
  expect(await ids(`limit=1&cursor=${nextCursor}`)).toEqual([SERIES])
})

test('the rejected rows are a workbook in which nothing is changed', async () => {
  const rows = [`${AT},0${TILL},${MOBILE},00123,=1+1\n`, `${AT},${TILL},${MOBILE},NOSUCH,1.60326E+12\n`]
  const id = await importFile(HEADER + rows.join(''))
  const response = await callApi(intake, 'GET', `/v1/imports/${id}/errors.xlsx`)
  expect([response.status, response.headers.get('content-disposition')]).toEqual([
    200,
    expect.stringContaining('_errors.xlsx'),
  ])
  const bytes = Buffer.from(await response.arrayBuffer())
  const source = { bytes: bytes.length, read: (from: number, to: number) => Readable.from([bytes.subarray(from, to)]) }
  const table: (readonly string[])[] = []
  for await (const page of readWorkbook(source, { maxUnpackedBytes: 1_000_000 })) {
    table.push(...page.map(({ cells }) => cells))
  }
  const csv = await (await callApi(intake, 'GET', `/v1/imports/${id}/errors.csv?raw=true`)).text()
  expect(table.map((cells) => cells.slice(0, 9))).toEqual(
    csv
      .trimEnd()
      .split('\n')
      .map((text) => text.split(',').slice(0, 9)),
  )
})
