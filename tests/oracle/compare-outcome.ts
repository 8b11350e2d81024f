/**
 * Holds what the system recorded of an import against the model's evaluation. All differences are given as lines of text,
 * none when both agree.
 */
import { codeOf, decodeRowError, type ColumnMapping } from '@importer/contracts'

import type { RecordedOutcome, RecordedRedemption, WholeOutcome } from '../support/recorded-outcome.ts'
import { renderExpectedReport, type ExpectedReport, type ExpectedReportRow } from './expected-report.ts'
import { readCellSlowly } from './reference-cells.ts'
import type { EvaluatedError, EvaluatedRow, Evaluation } from './reference-model.ts'

const MOST_LISTED = 20

export function findDifferences(outcome: WholeOutcome, evaluation: Evaluation, mapping: ColumnMapping): string[] {
  return [...compareRows(outcome, evaluation, mapping), ...compareReports(outcome, evaluation, mapping)].slice(
    0,
    MOST_LISTED,
  )
}

/** The same of a dry run: it records no redemption, and tells all else as if it had. */
export function findDryRunDifferences(outcome: WholeOutcome, evaluation: Evaluation, mapping: ColumnMapping): string[] {
  const notInserted = evaluation.rows.filter((row) => row.outcome !== 'inserted')
  return [
    ...compareRows(outcome, { ...evaluation, rows: notInserted }, mapping),
    ...compareReports(outcome, evaluation, mapping),
  ].slice(0, MOST_LISTED)
}

function compareReports(outcome: WholeOutcome, evaluation: Evaluation, mapping: ColumnMapping): string[] {
  return [
    ...compareReport(outcome.errorsCsv, renderExpectedReport(evaluation, mapping)),
    ...compareRowNumbers('inserted.csv', outcome.insertedCsv, evaluation, 'inserted'),
    ...compareRowNumbers('duplicates.csv', outcome.duplicatesCsv, evaluation, 'duplicate'),
  ]
}

function compareRows(outcome: RecordedOutcome, evaluation: Evaluation, mapping: ColumnMapping): string[] {
  const reported = new Map<number, string[]>()
  const add = (row: number, part: string): void => {
    reported.set(row, [...(reported.get(row) ?? []), part])
  }
  for (const redemption of outcome.redemptions) add(redemption.row, sumRedemption(redemption))
  for (const row of outcome.duplicates) add(row, 'duplicate')
  for (const { row, line, errors } of outcome.rejected) {
    add(row, `line ${line}: ${sumErrors(errors.map(decodeRowError).map((e) => ({ code: codeOf(e), field: e.field })))}`)
  }
  const differences: string[] = []
  for (const row of evaluation.rows) {
    const expected = sumRow(row, mapping)
    const got = (reported.get(row.rowNumber) ?? ['nothing']).join(' and ')
    reported.delete(row.rowNumber)
    if (got !== expected) {
      const record = JSON.stringify(row.record).slice(0, 300)
      differences.push(`row ${row.rowNumber}: the model says ${expected}, the system ${got}; ${record}`)
    }
  }
  for (const [row, outcomes] of reported)
    differences.push(`row ${row}: there is none, the system says ${outcomes.join()}`)
  return differences
}

function sumRow(row: EvaluatedRow, { positions }: ColumnMapping): string {
  if (row.outcome === 'duplicate') return 'duplicate'
  if (row.outcome === 'rejected') return `line ${row.line}: ${sumErrors(row.errors)}`
  const { redemption, record } = row
  if (redemption === null || record.kind !== 'cells') throw new Error(`row ${row.rowNumber} inserts nothing`)
  const text = (key: 'billId' | 'billNumber' | 'details'): string | null => {
    const cell = positions[key] === undefined ? '' : (record.cells[positions[key]] ?? '')
    return readCellSlowly(key, cell) || null
  }
  return sumRedemption({
    coupon: redemption.couponId,
    customer: redemption.customerId,
    till: redemption.tillId,
    ms: redemption.redeemedAtMs,
    billId: text('billId'),
    billNumber: text('billNumber'),
    details: text('details'),
  })
}

function sumRedemption(of: Omit<RecordedRedemption, 'row' | 'ordinal'>): string {
  return `inserted ${JSON.stringify([of.coupon, of.customer, of.till, of.ms, of.billId, of.billNumber, of.details])}`
}

/** Codes in their order. Which of several columns with the same fault comes first is not promised. */
function sumErrors(errors: readonly EvaluatedError[]): string {
  const runs: { code: string; fields: string[] }[] = []
  for (const { code, field } of errors) {
    const last = runs.at(-1)
    if (last?.code === code) last.fields.push(field ?? '-')
    else runs.push({ code, fields: [field ?? '-'] })
  }
  return runs.map(({ code, fields }) => `${code}(${fields.toSorted().join(' ')})`).join(', ')
}

const OWN_COLUMNS = ['rowNumber', 'line', 'errorCode', 'errorNumber', 'errorMessage']

/** A row without a header's name for all its cells has them in further columns, before the report's own. */
function compareReport(csv: string, expected: ExpectedReport): string[] {
  const [header, ...records] = readReport(csv)
  if (header === undefined) return ['errors.csv is empty']
  const own = header.slice(-OWN_COLUMNS.length)
  const width = header.length - OWN_COLUMNS.length
  const names = expected.columns.slice(0, -OWN_COLUMNS.length)
  const widest = Math.max(names.length, ...expected.rows.map((row) => names.length + row.beyond.length))
  const differences: string[] = []
  if (own.join() !== OWN_COLUMNS.join()) differences.push(`errors.csv ends with the columns ${own.join()}`)
  if (width < widest) differences.push(`errors.csv has ${width} columns of the file, expected ${widest}`)
  names.forEach((name, position) => {
    if (name !== '' && header[position] !== name) {
      differences.push(`errors.csv: column ${position} is ${header[position]}, expected ${name}`)
    }
  })
  if (records.length !== expected.rows.length) {
    differences.push(`errors.csv has ${records.length} rows, expected ${expected.rows.length}`)
  }
  expected.rows.forEach((row, index) => {
    const got = records[index] ?? []
    const shown = describeReportRow(got, row, names.length, width)
    const wanted = JSON.stringify([
      ...(row.cells === null ? [] : [...row.cells, ...row.beyond]),
      row.rowNumber,
      row.line,
      row.errorCode,
      row.errorNumber,
    ])
    if (shown !== wanted) differences.push(`errors.csv, record ${index + 1}: ${shown}, expected ${wanted}`)
    if ((got.at(-1) ?? '').split('; ').length !== row.errorCode.split('; ').length) {
      differences.push(`errors.csv, record ${index + 1}: its messages are ${got.at(-1)}, one a code expected`)
    }
  })
  return differences
}

function describeReportRow(got: readonly string[], expected: ExpectedReportRow, named: number, width: number): string {
  const cells = got.slice(0, width)
  while (cells.length > named + expected.beyond.length && cells.at(-1) === '') cells.pop()
  return JSON.stringify([...(expected.cells === null ? [] : cells), ...got.slice(width, -1)])
}

/** Our reports have commas, LF and doubled quotes; a cell may hold anything, a NUL or a whole megabyte too. */
function readReport(csv: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    record.push(Buffer.from(quoted?.replaceAll('""', '"') ?? plain, 'latin1').toString('utf8'))
    if (end === ',') continue
    records.push(record)
    record = []
  }
  return records
}

function compareRowNumbers(
  name: string,
  csv: string,
  evaluation: Evaluation,
  outcome: EvaluatedRow['outcome'],
): string[] {
  const [header, ...records] = readReport(csv)
  const at = (header ?? []).lastIndexOf('rowNumber')
  const numbers = records.map((record) => record[at]).join()
  const expected = evaluation.rows.filter((row) => row.outcome === outcome).map((row) => row.rowNumber)
  return numbers === expected.join() ? [] : [`${name} has the rows ${numbers}, expected ${expected.join()}`]
}
