import { gzipSync } from 'node:zlib'

import type { GeneratedCase } from './generate-case.ts'
import type { SourceRecord } from './reference-model.ts'
import { makeWorkbook } from '../support/make-workbook.ts'

export type FileFormat = 'csv' | 'gzip' | 'workbook'

/** The same case in a file of that format, with its records as they stand there. */
export async function changeFormat(made: GeneratedCase, format: FileFormat): Promise<GeneratedCase> {
  if (format === 'csv') return made
  if (format === 'gzip') return { ...made, file: gzipSync(made.file) }
  const records = made.records.map(toSheetRow)
  const rows = records.map(({ cells }) => cells)
  return { ...made, records, file: await makeWorkbook({ sheets: [{ name: 'Data', rows }] }) }
}

/** A sheet has no blank lines here, no cells behind the last one with something in it, and one kind of line end in its cells. */
function toSheetRow(record: SourceRecord, index: number) {
  if (record.kind === 'unreadable') throw new Error('what cannot be read as CSV is in no workbook')
  const cells = record.cells.map((cell) => cell.replaceAll(/\r\n?/g, '\n'))
  return {
    kind: 'cells' as const,
    line: index + 1,
    cells: cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1),
  }
}
