import type { NumberFormat } from './number-format.ts'
import { showClock, showElapsed, showNumber, showSerialDate } from './number-text.ts'
import { parseXml } from './parse-xml.ts'
import type { SharedStrings } from './shared-strings.ts'
import { TextCollector } from './text-collector.ts'
import { invalidWorkbook } from './workbook-error.ts'
import { unescapeText } from './xml-text.ts'

/** A row that has at least one cell with something to be seen in it. */
export interface WorkbookRow {
  /** From 1, as the sheet shows it. */
  readonly number: number
  /** From column A on; without what is empty behind the last cell. Made anew each time. */
  readonly cells: readonly string[]
}

/**
 * Writes a cell that holds a date: `local` is what a clock shows, `yyyy-MM-ddTHH:mm:ss`, with `.SSS` where it has
 * milliseconds; a workbook knows no time zone. `column` counts from 0.
 */
export type ShowDate = (local: string, column: number) => string

export interface SheetContext {
  readonly strings: Pick<SharedStrings, 'get'>
  readonly formatOf: (style: number) => NumberFormat
  readonly is1904: boolean
  readonly showDate?: ShowDate | undefined
}

/** Excel's own limits. */
const MAX_COLUMNS = 16_384
const MAX_ROWS = 1_048_576
/** A row of more is no row of a table: what is beyond is left out. */
const MAX_ROW_CHARACTERS = 4 * 1024 * 1024
const IS_BLANK = /^\s*$/
const LOCAL_DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/

/** The rows of a sheet in their order, those of each piece of XML together. */
export async function* readSheet(
  bytes: AsyncIterable<Buffer>,
  context: SheetContext,
): AsyncGenerator<readonly WorkbookRow[]> {
  let rows: WorkbookRow[] = []
  let number = 0
  let cells: (string | undefined)[] = []
  let characters = 0
  let isBlank = true
  let column = -1
  let type = 'n'
  let style = 0
  const content = new TextCollector()

  function beginRow(reference: string | undefined): void {
    const last = number
    number = reference === undefined ? number + 1 : Number(reference)
    if (!Number.isInteger(number) || number < 1 || number > MAX_ROWS) throw invalidWorkbook('a row has no number')
    if (number <= last) throw invalidWorkbook(`the rows ${last} and ${number} are out of order`)
    cells = []
    characters = 0
    isBlank = true
    column = -1
  }

  function endCell(): void {
    const text = showCell(content.end(), { type, style, column }, context)
    if (text === '') return
    characters += text.length
    if (characters > MAX_ROW_CHARACTERS) return
    // With holes: a short row may say that it has one cell, in the last column, and many such rows are held at a time.
    cells[column] = text
    isBlank &&= IS_BLANK.test(text)
  }

  const handlers = {
    open(name: string, attributes: Readonly<Record<string, string>>) {
      if (name === 'c') {
        column = attributes['r'] === undefined ? column + 1 : readColumn(attributes['r'])
        if (column >= MAX_COLUMNS) throw invalidWorkbook(`a row has more than ${MAX_COLUMNS} columns`)
        type = attributes['t'] ?? 'n'
        style = Number(attributes['s'] ?? 0)
        content.begin()
      } else if (name === 'row') beginRow(attributes['r'])
      else content.open(name)
    },
    text: (text: string) => content.add(text),
    close(name: string) {
      if (name === 'c') endCell()
      else if (name === 'row') {
        if (!isBlank) rows.push(createRow(number, cells))
      } else content.close(name)
    },
  }

  const chunks = parseXml(bytes, handlers)
  try {
    while ((await chunks.next()).done !== true) {
      if (rows.length === 0) continue
      yield rows
      rows = []
    }
  } finally {
    await chunks.return(undefined)
  }
}

function createRow(number: number, sparse: readonly (string | undefined)[]): WorkbookRow {
  return {
    number,
    get cells() {
      return Array.from(sparse, (cell) => cell ?? '')
    },
  }
}

interface Cell {
  readonly type: string
  readonly style: number
  readonly column: number
}

/** What a cell shows: numbers with all their digits, dates as ISO 8601, text as it is (ECMA-376 part 1, 18.18.11). */
function showCell(written: string, { type, style, column }: Cell, context: SheetContext): string {
  const { strings, formatOf, is1904, showDate = showPlainDate } = context
  switch (type) {
    case 's':
      return written === '' ? '' : strings.get(Number(written))
    case 'str':
    case 'inlineStr':
      return unescapeText(written)
    case 'b':
      return written === '1' ? 'TRUE' : written === '0' ? 'FALSE' : written
    case 'd':
      return LOCAL_DATE.test(written) ? showDate(completeDate(written), column) : written
    case 'e':
      return written
    default: {
      if (written === '') return ''
      const serial = Number(written)
      const { isDate, isElapsed, minDigits } = formatOf(style)(serial)
      if (!isDate) return showNumber(written, minDigits)
      const time = isElapsed ? showElapsed(serial) : showClock(serial)
      if (time !== null) return time
      const local = showSerialDate(serial, is1904)
      return local === null ? showNumber(written, minDigits) : showDate(local, column)
    }
  }
}

/** A date without a time is shown without one. */
function showPlainDate(local: string): string {
  return local.endsWith('T00:00:00') ? local.slice(0, -'T00:00:00'.length) : local
}

function completeDate(written: string): string {
  const [date = '', time = '00:00:00'] = written.split('T')
  const [clock = '', fraction = ''] = (time.length === 5 ? `${time}:00` : time).split('.')
  const ms = fraction.slice(0, 3).padEnd(3, '0')
  return `${date}T${clock}${ms === '000' ? '' : `.${ms}`}`
}

/** The column of a reference such as `AB12`, from 0. */
function readColumn(reference: string): number {
  let column = 0
  for (let i = 0; i < reference.length; i += 1) {
    const letter = reference.charCodeAt(i) - 64
    if (letter < 1 || letter > 26) break
    column = column * 26 + letter
  }
  if (column < 1 || column > MAX_COLUMNS) throw invalidWorkbook(`a cell stands at ${reference.slice(0, 20)}`)
  return column - 1
}
