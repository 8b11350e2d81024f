import { ROW_ERROR_CODES } from '@importer/contracts'
import { describe, expect, it } from 'vitest'

import { generateCase } from './generate-case.ts'
import { evaluateCase } from './evaluate-case.ts'

const NOW_MS = Date.UTC(2022, 5, 1)
const CREATED = { priorMs: NOW_MS, mainMs: NOW_MS }

/**
 * What the comparison with the system is worth: what is not in the cases is not compared. That a file reads as it was
 * planned, and that its reference data can be loaded, the system itself finds.
 */
describe('generated cases', () => {
  const made = Array.from({ length: 20 }, (_, n) => generateCase(n + 1, { rows: 300, nowMs: NOW_MS }))
  const evaluated = made.map((each) => evaluateCase(each, CREATED))

  it('hold every code and every outcome, each in fair numbers', () => {
    const seen = new Map<string, number>()
    const count = (name: string): void => void seen.set(name, (seen.get(name) ?? 0) + 1)
    for (const { outcome, codes } of evaluated.flatMap(({ main }) => main.rows)) {
      for (const name of [outcome, ...new Set(codes), ...(codes.length > 1 ? ['several'] : [])]) count(name)
    }
    for (const name of [...ROW_ERROR_CODES, 'duplicate', 'rejected', 'several']) {
      expect(seen.get(name) ?? 0, name).toBeGreaterThanOrEqual(30)
    }
    expect(seen.get('inserted')).toBeGreaterThan(1000)
  })

  it('hold all pairs of identifiers, all delimiters, all line ends, with and without a header', () => {
    const count = (values: readonly unknown[]): number => new Set(values).size
    expect(count(made.map((each) => `${each.customerIdentifier} ${each.couponIdentifier}`))).toBe(8)
    expect(count(made.map((each) => each.dialect.delimiter))).toBe(4)
    expect(count(made.map((each) => each.dialect.lineEnd))).toBe(3)
    expect(count(evaluated.map(({ main }) => main.header === null))).toBe(2)
    expect(count(made.map((each) => each.priorFile === null))).toBe(2)
    expect(count(made.map((each) => Object.keys(each.laterReference).length > 0))).toBe(2)
  })
  it('hold dates of every kind of format and mobiles without their country, which are inserted as well as refused', () => {
    const many = Array.from({ length: 120 }, (_, n) => generateCase(n + 1, { rows: 25, nowMs: NOW_MS }))
    const outcomes = new Map<string, Set<string>>()
    let national = 0
    for (const each of many) {
      const { dateFormat = 'epochMillis', timeZone, defaultCountry, positions } = each.mapping
      const kind = dateFormat === 'iso8601' ? `iso8601 in ${timeZone === undefined ? 'no' : 'a'} zone` : dateFormat
      const seen = outcomes.get(kind) ?? new Set()
      outcomes.set(kind, seen)
      for (const { outcome, codes, record } of evaluateCase(each, CREATED).main.rows) {
        if (outcome === 'inserted' || codes.includes('INVALID_DATE')) seen.add(outcome)
        const mobile = record.kind === 'cells' ? (record.cells[positions.mobile ?? -1] ?? '') : ''
        if (outcome === 'inserted' && defaultCountry !== undefined && /^\D*0?9\d{4}\D?\d{5}\D*$/.test(mobile))
          national += 1
      }
    }
    expect(outcomes.size).toBe(12)
    for (const [kind, seen] of outcomes) expect([kind, [...seen].toSorted()]).toEqual([kind, ['inserted', 'rejected']])
    expect(national).toBeGreaterThan(10)
  })

  it('hold duplicates of an earlier import and coupons that it used up', () => {
    const alone = made.map((each) => evaluateCase({ ...each, priorRecords: [] }, CREATED).main)
    const outcomes = evaluated.flatMap(({ main }, n) =>
      main.rows.map((row, at) => [row.outcome, alone[n]?.rows[at]?.outcome]),
    )
    expect(outcomes.filter(([now, before]) => now === 'duplicate' && before !== 'duplicate').length).toBeGreaterThan(50)
    expect(outcomes.filter(([now, before]) => now === 'rejected' && before === 'inserted').length).toBeGreaterThan(10)
  })

  it('are the same again from the same seed', () => {
    expect(generateCase(7, { rows: 50, nowMs: NOW_MS })).toEqual(generateCase(7, { rows: 50, nowMs: NOW_MS }))
  })

  it('can do without unreadable records', () => {
    const { records } = generateCase(3, { rows: 300, nowMs: NOW_MS, hasUnreadable: false })
    expect(records.every((record) => record.kind === 'cells')).toBe(true)
  })
})
