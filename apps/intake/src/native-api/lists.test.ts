import { mapOptionalColumns } from '@importer/contracts'
import { describe, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { SERIES, startIntake } from '../../test/start-intake.ts'
import { line, seedReference, TILL, work } from '../../test/work.ts'

const intake = await startIntake()
await seedReference(intake)

async function get(path: string): Promise<ReturnType<typeof JSON.parse>> {
  return readJson(await callApi(intake, 'GET', path))
}

/** All pages of a list; `between` runs after each. */
async function getAll(path: string, between: () => Promise<unknown> = () => Promise.resolve()): Promise<object[]> {
  const items: object[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await get(`${path}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    items.push(...page.items)
    cursor = page.nextCursor
    await between()
  }
  return items
}

describe('imports', () => {
  test('are listed newest first, each once, while new ones arrive', async () => {
    const ids: number[] = []
    for (let i = 0; i < 7; i += 1) ids.push(await uploadNative(intake, line(`CODE${i + 1}`)))
    const listed = await getAll('/v1/imports?limit=2', () => uploadNative(intake, line('CODE50')))
    expect(listed.map((item) => (item as { id: number }).id)).toEqual(ids.toReversed())
  })

  test('are listed by status, series and time', async () => {
    const [first] = (await get('/v1/imports?limit=1')).items
    await work(intake, first.id)
    const idsOf = async (query: string) => (await get(`/v1/imports?${query}`)).items.map(({ id }: { id: number }) => id)
    expect(await idsOf('status=completed')).toEqual([first.id])
    expect(await idsOf(`seriesId=${SERIES}&status=failed`)).toEqual([])
    expect(await idsOf(`createdFrom=${first.createdAt}`)).toEqual([first.id])
    expect(await idsOf(`createdBefore=${first.createdAt}`)).not.toContain(first.id)
    expect((await callApi(intake, 'GET', '/v1/imports?seriesId=700007')).status).toBe(404)
  })
})

test('row errors are reported page by page in the order of the file', async () => {
  const content = Array.from({ length: 25 }, (_, i) => (i % 5 === 0 ? line(`CODE${100 + i}`) : line(`NO${i}`))).join('')
  const id = await uploadNative(intake, `${content}123,x,,\n"open\n`)
  await work(intake, id)
  const items = await getAll(`/v1/imports/${id}/errors?limit=6`)
  expect(items.slice(0, 2)).toEqual([
    {
      rowNumber: 2,
      line: 2,
      column: 'couponCode',
      value: 'NO1',
      code: 'COUPON_NOT_FOUND',
      number: 719,
      message: expect.stringContaining('"NO1"'),
    },
    expect.objectContaining({ rowNumber: 3, value: 'NO2' }),
  ])
  expect(items.filter((item) => (item as { rowNumber: number }).rowNumber === 26)).toHaveLength(4)
  expect(items.at(-1)).toMatchObject({ rowNumber: 27, column: null, value: '"open', code: 'MALFORMED_ROW' })
  const numbers = items.map((item) => (item as { rowNumber: number }).rowNumber)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
})

test('a redemption is found by its coupon, its code and its row, newest first', async () => {
  await intake.database.prisma.series.updateMany({ where: { id: SERIES }, data: { maxRedemptionsPerCoupon: 5 } })
  const content = [0, 1, 2].map((i) => line('CODE300', 1_603_263_535_000 + i)).join('')
  const id = await uploadNative(intake, content)
  await work(intake, id)
  const byCoupon = await getAll('/v1/redemptions?couponId=300&limit=2')
  expect(byCoupon).toMatchObject([{ rowNumber: 3 }, { rowNumber: 2 }, { rowNumber: 1 }])
  expect(byCoupon[0]).toEqual({
    couponId: 300,
    couponCode: 'CODE300',
    seriesId: SERIES,
    customerId: 1,
    tillId: TILL,
    redeemedAt: new Date(1_603_263_535_002).toISOString(),
    ordinal: 3,
    importId: id,
    fileName: expect.stringMatching(/^couponCode_\d+_953234\.csv$/),
    rowNumber: 3,
    ...mapOptionalColumns(() => null),
  })
  expect(await getAll(`/v1/redemptions?couponCode=code300&seriesId=${SERIES}`)).toEqual(byCoupon)
  expect(await getAll(`/v1/redemptions?importId=${id}&limit=1`)).toEqual(byCoupon)
  expect(await getAll(`/v1/redemptions?importId=${id}&rowNumber=2`)).toEqual(byCoupon.slice(1, 2))
  expect((await get('/v1/redemptions?couponId=301')).items).toEqual([])
})

test('redemptions without a limit are listed by their time, those with one after them', async () => {
  const { series } = intake.database.prisma
  const ms = 1_603_263_600_000
  const inserted = async (limit: number | null, offsets: readonly number[]) => {
    await series.updateMany({ where: { id: SERIES }, data: { maxRedemptionsPerCoupon: limit } })
    await work(intake, await uploadNative(intake, offsets.map((offset) => line('CODE310', ms + offset)).join('')))
  }
  await inserted(5, [9, 8])
  await inserted(null, [2, 4, 1, 3])
  const listed = await getAll('/v1/redemptions?couponId=310&limit=3')
  expect(listed.map((item) => item as { redeemedAt: string; ordinal: number | null })).toMatchObject(
    [4, 3, 2, 1, 8, 9].map((offset, n) => ({
      redeemedAt: new Date(ms + offset).toISOString(),
      ordinal: n < 4 ? null : 6 - n,
    })),
  )
})

test.each([
  ['', 400],
  ['couponId=300&cursor=9999999999', 400],
  ['couponId=300&cursor=1-2', 400],
  ['importId=1&cursor=1-2-3', 400],
  ['couponId=1&importId=1', 400],
  ['couponCode=CODE1', 400],
  ['couponCode=%00&seriesId=953234', 400],
  ['couponCode=CODE1%00&seriesId=953234', 400],
  ['seriesId=953234', 400],
  ['couponId=1&rowNumber=1', 400],
  ['couponId=987654', 404],
  ['importId=987654', 404],
  ['couponCode=NOSUCH&seriesId=953234', 404],
  ['couponCode=CODE1&seriesId=700007', 404],
])('redemptions by %j are %i', async (query, status) => {
  expect((await callApi(intake, 'GET', `/v1/redemptions?${query}`)).status).toBe(status)
})

test('a key is made, listed without itself, and revoked', async () => {
  const made = await readJson(await callApi(intake, 'POST', '/v1/api-keys', { json: { role: 'read', name: 'poller' } }))
  expect((await callApi(intake, 'GET', '/v1/imports', { key: made.key })).status).toBe(200)
  expect((await callApi(intake, 'GET', '/v1/api-keys', { key: made.key })).status).toBe(403)
  const { id, name, role, createdAt, revokedAt } = made
  expect((await get('/v1/api-keys')).items).toContainEqual({ id, name, role, createdAt, revokedAt })
  const revoke = async () => (await callApi(intake, 'DELETE', `/v1/api-keys/${made.id}`)).status
  expect([await revoke(), await revoke()]).toEqual([204, 204])
  await expect.poll(async () => (await callApi(intake, 'GET', '/v1/imports', { key: made.key })).status).toBe(401)
  expect((await callApi(intake, 'DELETE', `/v1/api-keys/${made.id}`, { key: intake.keys.other })).status).toBe(404)
})
