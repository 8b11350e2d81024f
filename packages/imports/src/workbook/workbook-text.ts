import { HEAD_BYTES, writeCsvRow } from '@importer/csv'
import type { ColumnMapping } from '@importer/contracts'
import { TimeSlice } from '@importer/runtime'
import { readFirstRows, readWorkbook, type ShowDate, type WorkbookRow, type WorkbookSource } from '@importer/workbook'

import { zoneSuffix } from '../rules/dates/date-reader.ts'

/** What stands between the cells of the text that is made of a workbook. */
export const WORKBOOK_DELIMITER = ','

/** What all parts of a workbook may unpack to, and what the text made of it may have: as much as any upload. */
export const MAX_WORKBOOK_TEXT_BYTES = 5 * 1024 ** 3

export interface WorkbookTextOptions {
  readonly source: WorkbookSource
  readonly mapping: Pick<ColumnMapping, 'timeZone'> & { readonly positions?: ColumnMapping['positions'] }
  /** The first row of the sheet that matters, from 1: those before it are left empty. */
  readonly firstRow: number
  readonly maxUnpackedBytes: number
  readonly signal?: AbortSignal | undefined
}

/** The reader's limit for a record is 1 MiB: a longer one must not be taken for several lines. */
const MAX_FOLDED_CHARACTERS = 1024 * 1024
const CHUNK_CHARACTERS = 64 * 1024
const BLANK_LINES = '\n'.repeat(CHUNK_CHARACTERS)

/**
 * The first sheet with content of a workbook as CSV, in pieces: a record for each row of the sheet, an empty line for each
 * row without anything in it, so that records count as the sheet's rows do. Dates in the column of the redemption's date
 * carry the time zone (see {@link zoneSuffix}), so that they are read by their value. The same workbook and options give
 * the same text. Throws a WorkbookError and what the source throws.
 */
export async function* convertWorkbook(options: WorkbookTextOptions): AsyncGenerator<string> {
  const { source, firstRow, maxUnpackedBytes, signal } = options
  const slice = new TimeSlice()
  const text = new SheetText(firstRow)
  for await (const rows of readWorkbook(source, { maxUnpackedBytes, showDate: createShowDate(options.mapping) })) {
    for (const row of rows) {
      yield* text.add(row)
      await slice.yieldIfOver(signal)
    }
  }
  yield text.take()
}

/** The beginning of that text: at least as much as an inspection of a file wants, blank lines apart, or all of it. */
export async function readWorkbookHead(options: WorkbookTextOptions): Promise<Buffer> {
  const { source, firstRow, maxUnpackedBytes, mapping, signal } = options
  const slice = new TimeSlice()
  let characters = 0
  let counted = 0
  let pass: readonly WorkbookRow[] | undefined
  const isEnough = async (rows: readonly WorkbookRow[]): Promise<boolean> => {
    // The same array grows within a pass. The second pass has the texts themselves, which may be shorter.
    if (rows !== pass) characters = counted = 0
    pass = rows
    for (; counted < rows.length && characters <= HEAD_BYTES; counted += 1) {
      const row = rows[counted]
      if (row !== undefined && row.number >= firstRow)
        characters += row.cells.reduce((sum, cell) => sum + cell.length + 1, 0)
      await slice.yieldIfOver(signal)
    }
    return characters > HEAD_BYTES
  }
  const limits = { maxUnpackedBytes, showDate: createShowDate(mapping) }
  const rows = await readFirstRows(source, limits, isEnough)
  const text = new SheetText(firstRow)
  const pieces: string[] = []
  for (const row of rows.slice(0, counted)) {
    pieces.push(...text.add(row))
    await slice.yieldIfOver(signal)
  }
  return Buffer.from([...pieces, text.take()].join(''))
}

/** Texts and other columns tell a date as it is: only the redemption's date is looked at as an instant. */
function createShowDate({ timeZone, positions = {} }: WorkbookTextOptions['mapping']): ShowDate {
  const suffix = timeZone === undefined ? '' : zoneSuffix(timeZone)
  return (local, column) => {
    if (column === positions.redeemedDateInMillis) return `${local}${suffix}`
    return local.endsWith('T00:00:00') ? local.slice(0, -'T00:00:00'.length) : local
  }
}

/** Gathers rows as lines. */
class SheetText {
  readonly #firstRow: number
  #line = 1
  #chunk = ''

  constructor(firstRow: number) {
    this.#firstRow = firstRow
  }

  *add({ number, cells }: WorkbookRow): Generator<string> {
    if (number < this.#firstRow) return
    for (let blank = number - this.#line; blank > 0; blank -= BLANK_LINES.length) {
      this.#chunk += BLANK_LINES.slice(0, blank)
      if (this.#chunk.length >= CHUNK_CHARACTERS) yield this.take()
    }
    this.#line = number + 1
    this.#chunk += toLine(cells)
    if (this.#chunk.length >= CHUNK_CHARACTERS) yield this.take()
  }

  take(): string {
    const chunk = this.#chunk
    this.#chunk = ''
    return chunk
  }
}

function toLine(cells: readonly string[]): string {
  const line = writeCsvRow(cells, { delimiter: WORKBOOK_DELIMITER })
  // Characters are at most three bytes each: what may be longer than a record can be stays on one line.
  if (line.length * 3 <= MAX_FOLDED_CHARACTERS) return line
  return writeCsvRow(
    cells.map((cell) => cell.replaceAll(/[\r\n]+/g, ' ')),
    { delimiter: WORKBOOK_DELIMITER },
  )
}
