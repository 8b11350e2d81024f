import type { RowErrorCode } from '@importer/contracts'
import { describe, expect, it } from 'vitest'

import { renderExpectedReport } from './expected-report.ts'
import { generateCase, type GeneratedCase } from './generate-case.ts'
import { evaluateCase } from './evaluate-case.ts'
import { parseSlowly } from './parse-slowly.ts'
import { evaluate } from './reference-model.ts'

const NOW_MS = Date.UTC(2022, 5, 1)
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1)

const CREATED = { priorMs: NOW_MS, mainMs: NOW_MS }

describe('generated cases', () => {
  const made = SEEDS.map((seed) => generateCase(seed, { rows: 300, nowMs: NOW_MS }))
  const evaluated = made.map((each) => evaluateCase(each, CREATED))

  it.each(made.map((each) => [each.seed, each] as const))('seed %i reads back as it was planned', (_, each) => {
    expect(parseSlowly(each.file, each.dialect.delimiter)).toEqual(each.records)
  })

  it('prior files read back too', () => {
    for (const { priorFile, priorRecords } of made) {
      if (priorFile === null) expect(priorRecords).toEqual([])
      else
        expect([',', ';', '\t', '|'].map((delimiter) => parseSlowly(priorFile, delimiter))).toContainEqual(priorRecords)
    }
  })

  it('hold every code and every outcome, each in fair numbers', () => {
    const seen = new Map<string, number>()
    const count = (name: string): void => void seen.set(name, (seen.get(name) ?? 0) + 1)
    for (const { main } of evaluated) {
      for (const row of main.rows) {
        count(row.outcome)
        new Set(row.codes).forEach(count)
        if (row.codes.length > 1) count('several')
      }
    }
    const codes: RowErrorCode[] = [
      ...(['MISSING_VALUE', 'INVALID_DATE', 'INVALID_NUMBER', 'VALUE_TOO_LONG', 'MALFORMED_ROW'] as const),
      ...(['INVALID_ENCODING', 'CUSTOMER_NOT_FOUND', 'COUPON_NOT_FOUND', 'COUPON_NOT_IN_SERIES'] as const),
      ...(['TILL_NOT_FOUND', 'COUPON_REVOKED', 'COUPON_NOT_ISSUED_TO_CUSTOMER', 'SERIES_NOT_ACTIVE'] as const),
      ...(['COUPON_EXPIRED', 'COUPON_ALREADY_REDEEMED', 'REDEMPTION_LIMIT_REACHED'] as const),
    ]
    for (const name of [...codes, 'inserted', 'duplicate', 'rejected', 'several']) {
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
    const alone = made.map((each) => evaluate({ ...inputOf(each), recorded: [] }))
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

  it('have reference data of which each id, and each code of a series, stands once', () => {
    for (const { referenceRows: rows } of made) {
      for (const kind of [rows.series, rows.customers, rows.tills, rows.coupons]) {
        expect(new Set(kind.map((row) => row['id'])).size).toBe(kind.length)
      }
      const codes = rows.coupons.map((row) => `${row['seriesId']} ${row['code']?.toLowerCase()}`)
      expect(new Set(codes).size).toBe(codes.length)
    }
  })
})

describe('the expected report', () => {
  it('has the rejected rows under the right columns', () => {
    const mapping = {
      customerIdentifier: 'USER_ID',
      couponIdentifier: 'COUPON_ID',
      positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
    } as const
    const reference = { series: [{ id: '5' }], customers: [], tills: [], coupons: [] }
    const evaluation = evaluate({
      createdAtMs: NOW_MS,
      mapping,
      seriesId: 5,
      reference,
      recorded: [],
      records: [
        { kind: 'cells', line: 1, cells: ['date', 'till', 'user', 'coupon', '-'] },
        { kind: 'cells', line: 2, cells: ['1622548800000', '1', '2', '3', '=1', 'lost'] },
        { kind: 'cells', line: 4, cells: ['x', ' y '] },
        { kind: 'unreadable', line: 5, code: 'MALFORMED_ROW', raw: '"a"b,c' },
        { kind: 'unreadable', line: 6, code: 'INVALID_ENCODING', raw: null },
      ],
    })
    const own = ['rowNumber', 'line', 'errorCode', 'errorNumber', 'errorMessage']
    const report = renderExpectedReport(evaluation, mapping)
    expect(report.columns).toEqual(['date', 'till', 'user', 'coupon', "'-", ...own])
    expect(report.rows.map((row) => Object.values(row))).toEqual([
      [
        ['1622548800000', '1', '2', '3', "'=1"],
        ['lost'],
        '1',
        '2',
        'CUSTOMER_NOT_FOUND; COUPON_NOT_FOUND; TILL_NOT_FOUND',
        '701; 719; 735',
      ],
      [['x', ' y ', '', '', ''], [], '2', '4', 'MALFORMED_ROW', '629'],
      [['"a"b,c', '', '', '', ''], [], '3', '5', 'MALFORMED_ROW', '629'],
      [null, [], '4', '6', 'INVALID_ENCODING', '629'],
    ])
    expect(renderExpectedReport(evaluation, mapping, true).rows[0]?.cells?.[4]).toBe('=1')
  })

  it('names the columns of a file without a header by the mapped keys', () => {
    const made = SEEDS.map((seed) => generateCase(seed, { rows: 20, nowMs: NOW_MS }))
    const headless = made
      .map((each) => ({ each, main: evaluateCase(each, CREATED).main }))
      .find(({ main }) => main.header === null)
    if (headless === undefined) throw new Error('no case without a header')
    const { columns } = renderExpectedReport(headless.main, headless.each.mapping)
    for (const [key, position] of Object.entries(headless.each.mapping.positions)) expect(columns[position]).toBe(key)
  })
})

function inputOf(each: GeneratedCase): Parameters<typeof evaluate>[0] {
  const { mapping, seriesId, records } = each
  return { createdAtMs: NOW_MS, mapping, seriesId, records, reference: each.laterReferenceRows, recorded: [] }
}
