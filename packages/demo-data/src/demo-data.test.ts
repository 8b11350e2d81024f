import { readRecords } from '@importer/csv'
import { describe, expect, it } from 'vitest'

import { countExpected } from './expected-counts.ts'
import { codeOf, describeDemo, type DemoWorld } from './demo-world.ts'
import { couponOfRow, createRowOfCoupon } from './plan-row.ts'
import { BAD_KINDS, ROW_KINDS } from './row-kinds.ts'
import { writeReference } from './write-reference.ts'
import { DEMO_COLUMNS, writeRedemptions } from './write-redemptions.ts'

const WORLD = describeDemo({ seed: 1, rows: 20_000, run: 1 })

function writeFile(world: DemoWorld): Buffer {
  return Buffer.concat([...writeRedemptions(world)])
}

async function readFile(world: DemoWorld): Promise<{ cells: string[][]; faults: string[] }> {
  const cells: string[][] = []
  const faults: string[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield* writeRedemptions(world)
  }
  for await (const block of readRecords(chunks(), { delimiter: ',' })) {
    cells.push(...block.cells)
    faults.push(...block.faults.values())
  }
  return { cells, faults }
}

describe('the demo data', () => {
  it('is the same for the same seed, rows and run, and another for another', () => {
    const small = { seed: 3, rows: 500, run: 2 }
    const file = writeFile(describeDemo(small))
    expect(writeFile(describeDemo(small)).equals(file)).toBe(true)
    expect(writeFile(describeDemo({ ...small, seed: 4 })).equals(file)).toBe(false)
    expect(writeFile(describeDemo({ ...small, run: 3 })).equals(file)).toBe(false)
  })

  it.each([1, 2, 3, 10, 999, 1000, 1001, 65_536])('gives each of %i rows a coupon of its own', (rows) => {
    const world = describeDemo({ seed: 1, rows, run: 1 })
    const rowOfCoupon = createRowOfCoupon(world)
    const coupons = Array.from({ length: rows }, (_, index) => couponOfRow(world, index))
    expect(new Set(coupons).size).toBe(rows)
    expect(coupons.every((coupon, index) => rowOfCoupon(coupon) === index)).toBe(true)
  })

  it('gives every coupon a code of its own, also across runs', () => {
    const codes = [1, 2, 12].flatMap((run) => {
      const world = describeDemo({ seed: 1, rows: 10, run })
      return Array.from({ length: 50_000 }, (_, coupon) => codeOf(world, coupon))
    })
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes[0]).toMatch(/^D1-[2-9A-Z]{6}$/)
  })

  it('has about 1 % bad rows, of every kind', () => {
    const expected = countExpected(WORLD)
    expect(expected.inserted + expected.duplicates + expected.rejected).toBe(20_000)
    expect(expected.rejected).toBeGreaterThan(150)
    expect(expected.rejected).toBeLessThan(250)
    expect(expected.duplicates).toBeGreaterThan(5)
    const codes = new Set(BAD_KINDS.flatMap((kind) => ROW_KINDS[kind]))
    expect(new Set(Object.keys(expected.errorsByCode))).toEqual(codes)
    expect(codes.size).toBe(15)
  })

  it('is a file with a header and as many records as rows, of which only the meant ones cannot be read', async () => {
    const { cells, faults } = await readFile(WORLD)
    expect(cells).toHaveLength(20_001)
    expect(cells[0]).toHaveLength(Object.keys(DEMO_COLUMNS).length)
    expect(new Set(faults)).toEqual(new Set(['text_after_quote', 'not_utf8']))
    const { INVALID_ENCODING: encoding = 0, MALFORMED_ROW: malformed = 0 } = countExpected(WORLD).errorsByCode
    expect(faults.filter((fault) => fault === 'not_utf8')).toHaveLength(encoding)
    expect(faults.length).toBeLessThan(encoding + malformed)
  })

  it('has reference data with a header each, and one coupon less for each that nobody knows', () => {
    const lines = (kind: 'series' | 'customers' | 'tills' | 'coupons'): string[] =>
      [...writeReference(WORLD, kind)].join('').trimEnd().split('\n')
    expect(lines('series')).toHaveLength(3)
    expect(lines('customers')).toHaveLength(10_001)
    expect(lines('tills')).toHaveLength(501)
    expect(lines('coupons')).toHaveLength(20_001 - (countExpected(WORLD).errorsByCode.COUPON_NOT_FOUND ?? 0))
    expect(lines('tills')[1]).toBe('1,Till 1')
  })

  it.each([0, 1.5, 10_000_001, Number.NaN])('refuses %d rows', (rows) => {
    expect(() => describeDemo({ seed: 1, rows, run: 1 })).toThrow(/^\S+ rows are not possible; expected .*$/)
  })

  it.each([0, -1, 100_001])('refuses run %d', (run) => {
    expect(() => describeDemo({ seed: 1, rows: 1, run })).toThrow(/^run \S+ is not possible; expected .*$/)
  })
})
