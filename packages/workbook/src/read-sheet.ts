import type { CellFormat } from './cell-formats.ts'
import { showNumber, showSerialDate } from './number-text.ts'
import { parseXml } from './parse-xml.ts'
import type { SharedStrings } from './shared-strings.ts'
import { invalidWorkbook } from './workbook-error.ts'
import { unescapeText } from './xml-text.ts'

/** A row that has at least one cell with something in it. */
export interface WorkbookRow {
  /** From 1, as the sheet shows it. */
  readonly number: number
  /** From column A on; without what is empty behind the last cell. */
  readonly cells: readonly string[]
}

export interface SheetContext {
  readonly strings: Pick<SharedStrings, 'get'>
  readonly formatOf: (style: number) => CellFormat
  readonly is1904: boolean
}

/** Excel's own limits. */
const MAX_COLUMNS = 16_384
const MAX_ROWS = 1_048_576

/** The rows of a sheet in their order, those of each piece of XML together. */
export async function* readSheet(
  bytes: AsyncIterable<Buffer>,
  context: SheetContext,
): AsyncGenerator<readonly WorkbookRow[]> {
  let rows: WorkbookRow[] = []
  let number = 0
  let cells: string[] = []
  let column = -1
  let type = 'n'
  let style = 0
  let parts: string[] = []
  let isValue = false
  let isPhonetic = false

  const handlers = {
    open(name: string, attributes: Readonly<Record<string, string>>) {
      if (name === 'c') {
        column = attributes['r'] === undefined ? column + 1 : readColumn(attributes['r'])
        type = attributes['t'] ?? 'n'
        style = Number(attributes['s'] ?? 0)
        parts = []
      } else if (name === 'v' || (name === 't' && !isPhonetic)) isValue = true
      else if (name === 'rPh') isPhonetic = true
      else if (name === 'row') {
        number = attributes['r'] === undefined ? number + 1 : Number(attributes['r'])
        if (!Number.isInteger(number) || number < 1 || number > MAX_ROWS) throw invalidWorkbook('a row has no number')
        cells = []
        column = -1
      }
    },
    text(text: string) {
      if (isValue) parts.push(text)
    },
    close(name: string) {
      if (name === 'v' || name === 't') isValue = false
      else if (name === 'rPh') isPhonetic = false
      else if (name === 'c') {
        const text = showCell(parts.join(''), type, style, context)
        if (text === '') return
        while (cells.length < column) cells.push('')
        cells[column] = text
      } else if (name === 'row' && cells.length > 0) rows.push({ number, cells })
    },
  }

  const chunks = parseXml(bytes, handlers)
  while ((await chunks.next()).done !== true) {
    if (rows.length === 0) continue
    yield rows
    rows = []
  }
}

/** What a cell shows: numbers with all their digits, dates as ISO 8601, text as it is (ECMA-376 part 1, 18.18.11). */
function showCell(written: string, type: string, style: number, { strings, formatOf, is1904 }: SheetContext): string {
  switch (type) {
    case 's':
      return written === '' ? '' : strings.get(Number(written))
    case 'str':
    case 'inlineStr':
      return unescapeText(written)
    case 'b':
      return written === '1' ? 'TRUE' : written === '0' ? 'FALSE' : written
    case 'd':
    case 'e':
      return written
    default: {
      if (written === '') return ''
      const { isDate, minDigits } = formatOf(style)
      return (isDate ? showSerialDate(Number(written), is1904) : null) ?? showNumber(written, minDigits)
    }
  }
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
