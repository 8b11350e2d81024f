import {
  COLUMN_KEYS,
  type ColumnKey,
  type ColumnPositions,
  type Correction,
  type FieldFault,
} from '@importer/contracts'

import { escapeGuards } from '@importer/csv'

import { createColumnFinder } from '../upload/find-named-column.ts'
import { readCell, readShownCell } from '../rules/read-cell.ts'

/** What becomes of a rejected row: its corrected cells, `unchanged`, or `dropped`. */
export type CorrectedRecord = readonly string[] | 'unchanged' | 'dropped'

/**
 * Makes the function that corrects rejected rows: corrections of a value first, in their order, then those of the row. A
 * value is compared with the cell as it stands in the file and as rows are read. A record that could not be split has no
 * cells to correct: it can only be dropped. `positionOf` gives where each column stands (see {@link findColumns}),
 * `isReport` whether the file is an error report sent again.
 */
export function createCorrector(
  corrections: readonly Correction[],
  positionOf: ReadonlyMap<string, number>,
  isReport: boolean,
): (rowNumber: number, cells: readonly string[], malformed: boolean) => CorrectedRecord {
  const ofValues: { position: number; from: string; to: string }[] = []
  const ofRows = new Map<number, { position: number; to: string }[]>()
  const dropped = new Set<number>()
  for (const correction of corrections) {
    if ('drop' in correction) {
      dropped.add(correction.rowNumber)
      continue
    }
    const position = positionOf.get(correction.column)
    if (position === undefined) throw new Error(`nobody looked for the column ${correction.column}`)
    if ('from' in correction) ofValues.push({ position, from: correction.from, to: correction.to })
    else {
      const others = ofRows.get(correction.rowNumber) ?? []
      ofRows.set(correction.rowNumber, [...others, { position, to: correction.to }])
    }
  }
  return (rowNumber, cells, malformed) => {
    if (dropped.has(rowNumber)) return 'dropped'
    const ofRow = ofRows.get(rowNumber) ?? []
    if (malformed || (ofValues.length === 0 && ofRow.length === 0)) return 'unchanged'
    let corrected: string[] | undefined
    const put = (position: number, value: string): void => {
      const to = isReport ? escapeGuards(value) : value
      corrected ??= [...cells]
      // A trailing column that is absent is empty, and so is what stands before the one that is put there.
      while (corrected.length < position) corrected.push('')
      corrected[position] = to
    }
    for (const { position, from, to } of ofValues) {
      const cell = (corrected ?? cells)[position] ?? ''
      if (cell === from || readShownCell(cell, isReport) === from) put(position, to)
    }
    for (const { position, to } of ofRow) put(position, to)
    return corrected ?? 'unchanged'
  }
}

/**
 * Where the columns that corrections name stand: a column key that is mapped, else a name in the header. Faults name each
 * one that is neither, or that the header has more than once.
 */
export function findColumns(
  corrections: readonly Correction[],
  positions: ColumnPositions,
  header: readonly string[],
): { readonly positionOf: ReadonlyMap<string, number>; readonly faults: readonly FieldFault[] } {
  const find = createColumnFinder(header.map((cell) => readCell(cell)))
  const positionOf = new Map<string, number>()
  const faults: FieldFault[] = []
  for (const [index, correction] of corrections.entries()) {
    if ('drop' in correction || positionOf.has(correction.column)) continue
    const { column } = correction
    const mapped = isColumnKey(column) ? positions[column] : undefined
    const position = mapped ?? find(column)
    const field = `corrections.${index}.column`
    if (position === 'absent') {
      const message = `${field} is "${column}"; expected a column key that is mapped, or a name in the header of the file`
      faults.push({ code: 'UNKNOWN_COLUMN', field, message })
    } else if (position === 'ambiguous') {
      const message = `${field} is "${column}", which the header of the file has more than once; expected a column key`
      faults.push({ code: 'HEADER_AMBIGUOUS', field, message })
    } else positionOf.set(column, position)
  }
  return { positionOf, faults }
}

function isColumnKey(text: string): text is ColumnKey {
  return (COLUMN_KEYS as readonly string[]).includes(text)
}
