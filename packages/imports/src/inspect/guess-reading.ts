import { MAX_COLUMN_POSITION, toAsciiDigits } from '@importer/contracts'
import { KNOWN_DELIMITERS, readFirstRecords, readSepLine, trimCell, type FirstRecord } from '@importer/csv'

import { readCell } from '../rules/read-cell.ts'
import type { FileHead } from '../upload/read-head.ts'
import { keyOfName } from './column-names.ts'
import { guessColumns, type DeclaredIdentifiers, type GuessedColumns, type SampledColumn } from './guess-columns.ts'

/** A way to read a file of which nobody has said what its columns mean. */
export interface GuessedReading {
  readonly delimiter: string
  /** The record that looks like the names of columns; -1: none does. */
  readonly header: number
  readonly records: readonly FirstRecord[]
  readonly guessed: GuessedColumns
}

const HEADER_RECORDS = 10
const SAMPLED_RECORDS = 20
/** What is looked at is bounded, however wide a file is and however long its cells are. */
const MAX_COLUMNS = 200
const MAX_SAMPLE_CHARACTERS = 200

/** So many names that are known make a record a header, for whoever guesses. */
const MIN_KNOWN_NAMES = 2
/** An import needs a customer, a coupon, a date and a till, of which date and till hold digits in rows and none in a header. */
const MIN_NAMES = 4
const MIN_NUMBERS = 2
const DIGIT = /\p{Nd}/u

/**
 * Guesses by the names and the looks of the columns under each delimiter: the one with which most is known. What is known
 * decides, not the importer's own rules, which go by columns that somebody has named.
 */
export function guessReading(
  { head, complete, start: at }: FileHead,
  known: string | undefined,
  hasHeader: boolean | undefined,
  declared: DeclaredIdentifiers,
  isWorkbook: boolean,
): GuessedReading {
  const sep = isWorkbook ? undefined : readSepLine(head, at)
  const start = sep?.next ?? at
  const body = head.subarray(start.byteOffset - at.byteOffset)
  const only = known ?? sep?.delimiter
  const readings = (only === undefined ? KNOWN_DELIMITERS : [only]).map((delimiter): GuessedReading => {
    const records = readFirstRecords(body, start, complete, delimiter, HEADER_RECORDS + SAMPLED_RECORDS, isWorkbook)
    const header = hasHeader === false ? -1 : findNames(records, hasHeader === true)
    const guessed = guessColumns(sampleRecords(records, header), declared)
    return { delimiter, header, records, guessed }
  })
  return readings.reduce((one, other) => (compare(other, one) > 0 ? other : one))
}

/** What of a file's first rows is shown of each column, and guessed by. */
export function sampleColumns(
  names: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
): SampledColumn[] {
  const width = Math.max(names?.length ?? 0, ...rows.map((cells) => cells.length))
  return Array.from({ length: Math.min(width, MAX_COLUMN_POSITION + 1) }, (_none, position) => ({
    position,
    // A column of which the header says nothing has no name.
    name: trimCell(names?.[position] ?? '') || null,
    samples:
      position >= MAX_COLUMNS
        ? []
        : rows.flatMap((cells) => {
            const text = toAsciiDigits(readCell(cells[position] ?? '').slice(0, MAX_SAMPLE_CHARACTERS))
            return text === '' ? [] : [text]
          }),
  }))
}

function sampleRecords(records: readonly FirstRecord[], header: number): SampledColumn[] {
  const rows = records.slice(header + 1, header + 1 + SAMPLED_RECORDS).flatMap(({ cells }) => (cells ? [cells] : []))
  return sampleColumns(header === -1 ? undefined : (records[header]?.cells ?? []), rows)
}

function findNames(records: readonly FirstRecord[], isPromised: boolean): number {
  const counts = records.slice(0, HEADER_RECORDS).map(({ cells }) => countKnownNames(cells ?? []))
  const most = Math.max(0, ...counts)
  if (most >= MIN_KNOWN_NAMES) return counts.indexOf(most)
  if (isPromised && records.length > 0) return 0
  return records
    .slice(0, HEADER_RECORDS)
    .findIndex(({ cells }, at) => areNamesAbove(cells ?? [], records[at + 1]?.cells ?? []))
}

/** Whether a record is words, and the one below it has numbers: names in a language that is not known here. */
function areNamesAbove(names: readonly string[], below: readonly string[]): boolean {
  if (names.length !== below.length || names.some((name) => DIGIT.test(name))) return false
  const named = names.slice(0, MAX_COLUMNS).flatMap((name, position) => (trimCell(name) === '' ? [] : [position]))
  return named.length >= MIN_NAMES && named.filter((at) => DIGIT.test(below[at] ?? '')).length >= MIN_NUMBERS
}

function countKnownNames(cells: readonly string[]): number {
  const short = cells.slice(0, MAX_COLUMNS).filter((cell) => cell.length <= MAX_SAMPLE_CHARACTERS)
  return new Set(short.map((cell) => keyOfName(trimCell(cell))).filter((key) => key !== null)).size
}

function compare(one: GuessedReading, other: GuessedReading): number {
  const [a, b] = [scoreOf(one), scoreOf(other)]
  const index = a.findIndex((part, at) => part !== b[at])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}

/** What speaks for a reading, the weightiest first. */
function scoreOf({ guessed, records }: GuessedReading): number[] {
  const countByWidth = new Map<number, number>()
  for (const { cells } of records) {
    if (cells !== null && cells.length > 1) countByWidth.set(cells.length, (countByWidth.get(cells.length) ?? 0) + 1)
  }
  const known = guessed.suggestedKeys.filter((key) => key !== null).length
  return [guessed.uploadHeaders === null ? 0 : 1, known, Math.max(0, ...countByWidth.values())]
}
