import type { ReferenceKind } from '@importer/contracts'
import { expect, test } from 'vitest'

import { readJson } from '../../test/read-json.ts'
import { referenceCalls } from '../../test/reference-calls.ts'
import { ORG, startIntake } from '../../test/start-intake.ts'

const intake = await startIntake()
const { load, show } = referenceCalls(intake)

interface Rule {
  readonly kind: ReferenceKind
  /** What is loaded first, and what then. */
  readonly first: string
  readonly second: string
  /** What the second load answers. */
  readonly answer: object
  /** How items look after it; null: there is none. */
  readonly items: Readonly<Record<number, object | null>>
}

const NOTHING = { inserted: 0, updated: 0, rejected: 0, errors: [] }
const COUPON_COLUMNS = 'id,seriesId,code,customerId,status,expiresAt'

const RULES: [string, Rule][] = [
  [
    'what is there is updated, what is new inserted',
    {
      kind: 'tills',
      first: 'id,name\n1,North\n2,South\n',
      second: 'id,name\n2,West\n3,East\n',
      answer: { ...NOTHING, received: 2, inserted: 1, updated: 1 },
      items: { 1: { name: 'North' }, 2: { name: 'West' }, 3: { name: 'East' } },
    },
  ],
  [
    'absent columns are left alone',
    {
      kind: 'customers',
      first: 'id,mobile,email,externalId\n1,+49 151 1,Ada@Example.com,A-1\n',
      second: 'email,id\nnew@example.com,1\n',
      answer: { ...NOTHING, received: 1, updated: 1 },
      items: { 1: { mobile: '491511', email: 'new@example.com', externalId: 'A-1' } },
    },
  ],
  [
    'empty cells clear',
    {
      kind: 'customers',
      first: 'id,mobile,email,externalId\n2,+49 151 2,two@example.com,A-2\n',
      second: 'id,mobile,email,externalId\n2,,  ,A-2\n',
      answer: { ...NOTHING, received: 1, updated: 1 },
      items: { 2: { mobile: null, email: null, externalId: 'A-2' } },
    },
  ],
  [
    'what is as it was is neither inserted nor updated',
    {
      kind: 'coupons',
      first: `${COUPON_COLUMNS}\n23,953234,Same23,7,revoked,2026-12-31\n24,953234,Same24,,,\n25,953234,Same25,,,\n`,
      second: `${COUPON_COLUMNS}\n23,953234,Same23,7,revoked,2026-12-31\n24,953234,Same24,,,\n25,953234,SAME25,,,\n`,
      answer: { ...NOTHING, received: 3, updated: 1 },
      items: { 23: { code: 'Same23', status: 'REVOKED' }, 25: { code: 'SAME25' } },
    },
  ],
  [
    'what is as it was is not updated either where a new row would need more',
    {
      kind: 'coupons',
      first: 'id,seriesId,code\n33,953234,CODE33\n34,953234,CODE34\n',
      second: 'id,status\n33,ACTIVE\n34,REVOKED\n',
      answer: { ...NOTHING, received: 2, updated: 1 },
      items: { 33: { status: 'ACTIVE' }, 34: { status: 'REVOKED' } },
    },
  ],
  [
    'an empty limit means none, and without its column it is one',
    {
      kind: 'series',
      first: 'id,name\n11,A\n12,B\n',
      second: 'id,maxRedemptionsPerCoupon\n12,\n13,\n14,5\n',
      answer: { ...NOTHING, received: 3, inserted: 2, updated: 1 },
      items: {
        11: { maxRedemptionsPerCoupon: 1 },
        12: { name: 'B', maxRedemptionsPerCoupon: null },
        13: { maxRedemptionsPerCoupon: null },
        14: { maxRedemptionsPerCoupon: 5 },
      },
    },
  ],
  [
    'a coupon is active unless it says otherwise',
    {
      kind: 'coupons',
      first: `${COUPON_COLUMNS}\n21,953234,Code21,7,revoked,2026-12-31\n`,
      second: `${COUPON_COLUMNS}\n21,953234,Code21,,,\n22,953234,Code22,,REVOKED,\n`,
      answer: { ...NOTHING, received: 2, inserted: 1, updated: 1 },
      items: {
        21: { code: 'Code21', customerId: null, status: 'ACTIVE', expiresAt: null },
        22: { status: 'REVOKED' },
      },
    },
  ],
  [
    'a CSV without what a new row needs updates alone',
    {
      kind: 'coupons',
      first: 'id,seriesId,code\n31,953234,CODE31\n',
      second: 'id,status\n31,REVOKED\n32,ACTIVE\n',
      answer: { received: 2, inserted: 0, updated: 1, rejected: 1, errors: [{ row: 2, code: 'MISSING_VALUE' }] },
      items: { 31: { code: 'CODE31', status: 'REVOKED' }, 32: null },
    },
  ],
  [
    "another customer's mobile, e-mail or external id is taken, however it is written",
    {
      kind: 'customers',
      first: 'id,mobile,email,externalId\n41,+49 41,m41@example.com,X-41\n',
      second: 'id,mobile,email,externalId\n42,0049-41,,\n43,,M41@EXAMPLE.COM,\n44,,,X-41\n45,45,,x-41\n',
      answer: {
        received: 4,
        inserted: 1,
        updated: 0,
        rejected: 3,
        errors: [
          { row: 1, line: 2, field: 'mobile', code: 'ALREADY_TAKEN' },
          { row: 2, line: 3, field: 'email', code: 'ALREADY_TAKEN' },
          { row: 3, line: 4, field: 'externalId', code: 'ALREADY_TAKEN' },
        ],
      },
      items: {
        41: { mobile: '4941', email: 'm41@example.com' },
        42: null,
        43: null,
        44: null,
        45: { externalId: 'x-41' },
      },
    },
  ],
  [
    'a code is taken within its series, without case',
    {
      kind: 'coupons',
      first: 'id,seriesId,code\n51,953234,Taken\n',
      second: 'id,seriesId,code\n52,953234,TAKEN\n53,953235,TAKEN\n54,953235,taken\n',
      answer: {
        received: 3,
        inserted: 1,
        updated: 0,
        rejected: 2,
        errors: [
          { row: 1, field: 'code', code: 'ALREADY_TAKEN' },
          { row: 3, field: 'code', code: 'ALREADY_TAKEN' },
        ],
      },
      items: { 51: { code: 'Taken' }, 52: null, 53: { seriesId: 953235 }, 54: null },
    },
  ],
  [
    'of an id that is there twice the later row counts, and a line that comes again is no change',
    {
      kind: 'tills',
      first: 'id,name\n61,first\n',
      second: 'id,name\n62,a\n61,second\n62,b\n62,c\n62,c\n',
      answer: { ...NOTHING, received: 5, inserted: 1, updated: 3 },
      items: { 61: { name: 'second' }, 62: { name: 'c' } },
    },
  ],
  [
    'what is wrong with a row is reported with where it is',
    {
      kind: 'coupons',
      first: 'id,seriesId,code\n71,953234,CODE71\n',
      second: `${COUPON_COLUMNS}\nx,953234,A,,,\n72,,A,,,\n73,953234,,,,\n74,953234,A,-1,,\n75,953234,A,,GONE,\n76,953234,A,,,soon\n77,953234,"a"b,,,\n`,
      answer: {
        received: 7,
        inserted: 0,
        updated: 0,
        rejected: 7,
        errors: [
          { row: 1, line: 2, field: 'id', code: 'INVALID_NUMBER' },
          { row: 2, line: 3, field: 'seriesId', code: 'MISSING_VALUE' },
          { row: 3, line: 4, field: 'code', code: 'MISSING_VALUE' },
          { row: 4, line: 5, field: 'customerId', code: 'INVALID_NUMBER' },
          { row: 5, line: 6, field: 'status', code: 'INVALID_VALUE' },
          { row: 6, line: 7, field: 'expiresAt', code: 'INVALID_DATE' },
          { row: 7, line: 8, field: null, code: 'MALFORMED_ROW' },
        ],
      },
      items: { 71: { code: 'CODE71' }, 72: null, 76: null },
    },
  ],
]

test.each(RULES)('%s', async (_name, { kind, first, second, answer, items }) => {
  expect(await load(kind, first)).toMatchObject({ rejected: 0 })
  expect(await load(kind, second)).toMatchObject(answer)
  for (const [id, item] of Object.entries(items)) {
    const shown = await show(kind, Number(id))
    if (item === null) expect([id, shown]).toEqual([id, null])
    else expect(shown).toMatchObject(item)
  }
})

test('the first 100 errors are reported, in the order of their rows, whoever found them', async () => {
  await load('customers', 'id,mobile\n100,100\n')
  const wrong = Array.from({ length: 150 }, (_, i) => `wrong${i},\n`)
  // The database finds these, when all others have been found.
  const taken = ['101,100\n', '102,100\n']
  const body = ['id,mobile\n', taken[0], ...wrong.slice(0, 50), taken[1], ...wrong.slice(50), '103,100\n'].join('')
  const { received, rejected, errors } = await load('customers', body)
  expect({ received, rejected }).toEqual({ received: 153, rejected: 153 })
  expect(errors.map(({ row }) => row)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  expect(errors.filter(({ code }) => code === 'ALREADY_TAKEN').map(({ row }) => row)).toEqual([1, 52])
})

test('of the same id in every row of a body the last row counts, and the database writes it once', async () => {
  const rows = Array.from({ length: 19_000 }, (_, n) => `77,n${n}\n`).join('')
  expect(await load('tills', `id,name\n${rows}`)).toEqual({
    ...NOTHING,
    received: 19_000,
    inserted: 1,
    updated: 18_999,
  })
  expect(await show('tills', 77)).toEqual({ id: 77, name: 'n18999' })
  const [{ versions }] = await intake.database.prisma.$queryRaw<[{ versions: bigint }]>`
    SELECT pg_relation_size('till') / current_setting('block_size')::int AS versions`
  // 19,000 versions of the row would take a hundred pages.
  expect(Number(versions)).toBeLessThan(10)
})

test('where the last row of an id is refused, those before it are refused with it', async () => {
  await load('customers', 'id,mobile\n801,919000000801\n')
  const result = await load('customers', 'id,mobile\n802,919000000802\n802,919000000801\n')
  expect(result).toMatchObject({ received: 2, inserted: 0, updated: 0, rejected: 2 })
  expect(result.errors.map(({ row, code }) => [row, code])).toEqual([
    [1, 'ALREADY_TAKEN'],
    [2, 'ALREADY_TAKEN'],
  ])
})

test.each(['id,seriesId,code', 'id,seriesId'])(
  'a coupon with redemptions is not moved to another series (%s)',
  async (columns) => {
    const cells = (id: number, series: number) =>
      columns.endsWith('code') ? `${id},${series},MOVE${id}\n` : `${id},${series}\n`
    await load('series', 'id\n61\n62\n')
    await load('coupons', 'id,seriesId,code\n6101,61,MOVE6101\n6102,61,MOVE6102\n')
    await intake.database.prisma.$executeRaw`DELETE FROM redemption WHERE coupon_id = 6101`
    await intake.database.prisma.redemption.create({
      data: {
        couponId: 6101,
        customerId: 1,
        tillId: 1,
        redeemedAt: new Date(),
        orgId: ORG,
        importId: 2_000_000_000,
        rowNumber: 1,
        ordinal: 1,
      },
    })
    const result = await load('coupons', `${columns}\n${cells(6101, 62)}${cells(6102, 62)}`)
    expect(result).toEqual({
      ...NOTHING,
      received: 2,
      updated: 1,
      rejected: 1,
      errors: [
        {
          row: 1,
          line: 2,
          field: 'seriesId',
          code: 'COUPON_REDEEMED',
          message:
            'coupon 6101 has redemptions and cannot be moved to series 62; ' +
            'expected the series that it is in, or its imports to be reverted first',
        },
      ],
    })
    expect(await show('coupons', 6101)).toMatchObject({ seriesId: 61 })
    expect(await show('coupons', 6102)).toMatchObject({ seriesId: 62 })
  },
)

test('a spreadsheet saves "Unicode text": UTF-16 behind a mark is read, and without one refused with what to do', async () => {
  const text = 'id\tname\r\n901\tStraße 数\r\n'
  const send = async (body: Buffer) =>
    fetch(`${intake.url}/v1/reference/tills`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${intake.keys.write}`, 'Content-Type': 'text/csv' },
      body: new Uint8Array(body),
    })
  const marked = Buffer.from(`\ufeff${text}`, 'utf16le')
  expect(await readJson(await send(marked))).toMatchObject({ received: 1, inserted: 1, errors: [] })
  expect(await readJson(await send(marked.swap16()))).toMatchObject({ received: 1, updated: 0, errors: [] })
  expect(await show('tills', 901)).toEqual({ id: 901, name: 'Straße 数' })
  const refused = await send(Buffer.from(text, 'utf16le'))
  const { code, detail } = await readJson(refused)
  expect([refused.status, code, detail]).toEqual([
    400,
    'INVALID_HEADER',
    'the body looks like a UTF-16 text file; expected CSV in UTF-8, or UTF-16 behind its byte order mark',
  ])
})
