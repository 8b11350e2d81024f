import { requireDelimiter } from './delimiter.ts'

export interface WriteOptions {
  /** One ASCII character, no quote, line end or NUL; a comma unless given. */
  readonly delimiter?: string
}

/**
 * One row as a line of CSV, with its line end (LF). Reading it gives the same cells.
 *
 * @throws RangeError when the delimiter is none
 */
export function writeCsvRow(cells: readonly string[], options: WriteOptions = {}): string {
  const { delimiter = ',' } = options
  requireDelimiter(delimiter)
  const [first = ''] = cells
  // A line with nothing but blanks on it is no record to a reader: a lone blank cell needs its quotes.
  if (cells.length <= 1 && /^[ \t]*$/.test(first)) return `"${first}"\n`
  const written = cells.map((cell) => quoteCell(cell, delimiter))
  // With its line end before all is joined: of a row of 1 MiB there would else be another copy.
  written.push(`${written.pop() ?? ''}\n`)
  return written.join(delimiter)
}

/** What some reader or other would take for something else, or drop. */
const NEEDS_QUOTES = /^ | $|["\r\n\ufeff\u001a]/

/** RFC 4180, as papaparse has it; by hand, because a report of millions of rows would spend a third of its time there. */
function quoteCell(cell: string, delimiter: string): string {
  // Under a wide header nearly all are.
  if (cell === '') return cell
  return cell.includes(delimiter) || NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
