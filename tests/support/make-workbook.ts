import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import yazl from 'yazl'

/** What a cell holds. A number or a text alone is a number or a shared text. */
export type MadeCell =
  | null
  | string
  | number
  /** A number as it is to stand in the file, such as 1.5E+12. */
  | { readonly number: string; readonly format?: string }
  /** A local date and time, `2024-11-25T09:00:00`, or a date alone. */
  | { readonly date: string; readonly format?: string }
  | { readonly inline: string }
  | { readonly formula: string; readonly value: string | number }
  | { readonly error: string }
  | { readonly truth: boolean }

export interface MadeSheet {
  readonly name: string
  /** Null: the row is not there at all. */
  readonly rows: readonly (readonly MadeCell[] | null)[]
  readonly isHidden?: boolean
  /** Columns that do not show, from 1. */
  readonly hiddenColumns?: readonly number[]
  readonly merged?: readonly string[]
}

export interface MadeWorkbook {
  readonly sheets: readonly MadeSheet[]
  readonly is1904?: boolean
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const DATE_FORMAT = 'dd.mm.yyyy hh:mm:ss'
const MADE_AT = new Date(Date.UTC(2000, 0, 1))
const DAY_MS = 86_400_000

/** An .xlsx file as Excel would write it, the same bytes each time. */
export async function makeWorkbook({ sheets, is1904 = false }: MadeWorkbook): Promise<Buffer> {
  const texts = new Map<string, number>()
  const formats = new Map<string, number>([['General', 0]])
  const numberOf = (known: Map<string, number>, key: string): number => {
    const number = known.get(key) ?? known.size
    known.set(key, number)
    return number
  }
  const writeCell = (cell: MadeCell, at: string): string => {
    const style = (format: string): string => ` s="${numberOf(formats, format)}"`
    if (cell === null) return ''
    if (typeof cell === 'string') return `<c r="${at}" t="s"><v>${numberOf(texts, cell)}</v></c>`
    if (typeof cell === 'number') return `<c r="${at}"><v>${cell}</v></c>`
    if ('number' in cell) return `<c r="${at}"${style(cell.format ?? 'General')}><v>${cell.number}</v></c>`
    if ('date' in cell)
      return `<c r="${at}"${style(cell.format ?? DATE_FORMAT)}><v>${toSerial(cell.date, is1904)}</v></c>`
    if ('inline' in cell)
      return `<c r="${at}" t="inlineStr"><is><t xml:space="preserve">${escape(cell.inline)}</t></is></c>`
    if ('error' in cell) return `<c r="${at}" t="e"><v>${escape(cell.error)}</v></c>`
    if ('truth' in cell) return `<c r="${at}" t="b"><v>${cell.truth ? 1 : 0}</v></c>`
    const type = typeof cell.value === 'string' ? ' t="str"' : ''
    return `<c r="${at}"${type}><f>${escape(cell.formula)}</f><v>${escape(String(cell.value))}</v></c>`
  }
  const parts = sheets.map(({ rows, hiddenColumns = [], merged = [] }) => {
    const data = rows.map((cells, index) =>
      cells === null
        ? ''
        : `<row r="${index + 1}">${cells.map((cell, column) => writeCell(cell, `${nameColumn(column)}${index + 1}`)).join('')}</row>`,
    )
    const columns = hiddenColumns
      .map((column) => `<col min="${column}" max="${column}" width="9" hidden="1"/>`)
      .join('')
    const merges = merged.map((range) => `<mergeCell ref="${range}"/>`).join('')
    return `${HEAD}<worksheet xmlns="${MAIN}">${columns && `<cols>${columns}</cols>`}<sheetData>${data.join('')}</sheetData>${merges && `<mergeCells count="${merged.length}">${merges}</mergeCells>`}</worksheet>`
  })
  const zip = new yazl.ZipFile()
  const add = (part: string, text: string): void => zip.addBuffer(Buffer.from(text), part, { mtime: MADE_AT })
  const overrides = sheets.map((_sheet, index) => override(`worksheets/sheet${index + 1}`, 'worksheet')).join('')
  add(
    '[Content_Types].xml',
    `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${override('workbook', 'sheet.main')}${override('styles', 'styles')}${override('sharedStrings', 'sharedStrings')}${overrides}</Types>`,
  )
  add('_rels/.rels', relationships([['rId1', 'officeDocument', 'xl/workbook.xml']]))
  add(
    'xl/workbook.xml',
    `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><workbookPr${is1904 ? ' date1904="1"' : ''}/><sheets>${sheets.map(({ name, isHidden }, index) => `<sheet name="${name}" sheetId="${index + 1}"${isHidden === true ? ' state="hidden"' : ''} r:id="rId${index + 1}"/>`).join('')}</sheets></workbook>`,
  )
  add(
    'xl/_rels/workbook.xml.rels',
    relationships([
      ...sheets.map((_sheet, index) => [`rId${index + 1}`, 'worksheet', `worksheets/sheet${index + 1}.xml`] as const),
      ['rIdStyles', 'styles', 'styles.xml'],
      ['rIdTexts', 'sharedStrings', 'sharedStrings.xml'],
    ]),
  )
  parts.forEach((part, index) => add(`xl/worksheets/sheet${index + 1}.xml`, part))
  add('xl/styles.xml', writeStyles([...formats.keys()]))
  const items = [...texts.keys()].map((text) => `<si><t xml:space="preserve">${escape(text)}</t></si>`).join('')
  add(
    'xl/sharedStrings.xml',
    `${HEAD}<sst xmlns="${MAIN}" count="${texts.size}" uniqueCount="${texts.size}">${items}</sst>`,
  )
  zip.end()
  return buffer(zip.outputStream as Readable)
}

function override(part: string, kind: string): string {
  return `<Override PartName="/xl/${part}.xml" ContentType="${TYPE}.${kind}+xml"/>`
}

function relationships(all: readonly (readonly [id: string, type: string, target: string])[]): string {
  const items = all.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`,
  )
  return `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${items.join('')}</Relationships>`
}

/** The format General and further ones, by the number that cells name them by. */
function writeStyles(formats: readonly string[]): string {
  const own = formats.slice(1)
  const codes = own.map((code, index) => `<numFmt numFmtId="${164 + index}" formatCode="${escape(code)}"/>`).join('')
  const styles = formats.map(
    (_code, index) =>
      `<xf numFmtId="${index === 0 ? 0 : 163 + index}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
  )
  return `${HEAD}<styleSheet xmlns="${MAIN}">${codes && `<numFmts count="${own.length}">${codes}</numFmts>`}<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${styles.length}">${styles.join('')}</cellXfs></styleSheet>`
}

/** The number by which a workbook holds a date. */
function toSerial(local: string, is1904: boolean): number {
  const ms = Date.parse(`${local.includes('T') ? local : `${local}T00:00:00`}Z`)
  return (ms - Date.UTC(is1904 ? 1904 : 1899, is1904 ? 0 : 11, is1904 ? 1 : 30)) / DAY_MS
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function nameColumn(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : `${nameColumn(Math.floor(index / 26) - 1)}${letter}`
}
