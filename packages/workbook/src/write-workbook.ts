import { Readable } from 'node:stream'

import yazl from 'yazl'

import { escapeText } from './xml-text.ts'

/** What one cell of Excel holds at most; a longer text is cut, as Excel itself would refuse the whole file. */
const MAX_CELL_CHARACTERS = 32_767
const MAX_COLUMNS = 16_384
const CHUNK_CHARACTERS = 64 * 1024

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'

const TYPES = `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`
const ROOT_RELATIONS = `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`
const WORKBOOK_RELATIONS = `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`
/** Style 1 is text (format 49, `@`): what is typed over such a cell stays text too. Style 2 is the same in bold. */
const STYLES = `${HEAD}<styleSheet xmlns="${SHEET}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`

/** One date for all parts, so that the same rows give the same bytes. */
const MADE_AT = new Date(Date.UTC(2000, 0, 1))

/**
 * An .xlsx file of one sheet in which every cell is text, header row first, as a stream of bytes. It takes the rows as
 * it is read, so its memory does not grow with them. Columns beyond Excel's 16,384 are left out, and cells are cut at
 * 32,767 characters.
 */
export function writeWorkbook(
  sheetName: string,
  header: readonly string[],
  rows: AsyncIterable<Iterable<readonly string[]>>,
): Readable {
  const zip = new yazl.ZipFile()
  const options = { mtime: MADE_AT, compress: true }
  const add = (part: string, text: string): void => zip.addBuffer(Buffer.from(text), part, options)
  add('[Content_Types].xml', TYPES)
  add('_rels/.rels', ROOT_RELATIONS)
  add('xl/workbook.xml', writeContents(sheetName))
  add('xl/_rels/workbook.xml.rels', WORKBOOK_RELATIONS)
  add('xl/styles.xml', STYLES)
  const sheet = Readable.from(writeSheet(header, rows), { objectMode: false })
  const output = zip.outputStream as Readable
  sheet.on('error', (error) => output.destroy(error))
  output.on('close', () => sheet.destroy())
  // The fastest level: a report is read once, and half of the processor's time would go into the last tenth of its size.
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml', { ...options, compressionLevel: 1 })
  zip.end()
  return output
}

function writeContents(sheetName: string): string {
  const name = escapeText(sheetName.replaceAll(/[\\/?*[\]:]/g, ' ').slice(0, 31)).replaceAll('"', '&quot;')
  return `${HEAD}<workbook xmlns="${SHEET}" xmlns:r="${RELATIONS}"><sheets><sheet name="${name}" sheetId="1" r:id="rId1"/></sheets></workbook>`
}

async function* writeSheet(
  header: readonly string[],
  rows: AsyncIterable<Iterable<readonly string[]>>,
): AsyncGenerator<string> {
  const columns = Math.max(1, Math.min(header.length, MAX_COLUMNS))
  yield `${HEAD}<worksheet xmlns="${SHEET}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="${columns}" width="18" style="1" customWidth="1"/></cols><sheetData>`
  let number = 1
  let chunk = writeRow(header, number, 2)
  for await (const page of rows) {
    for (const cells of page) {
      number += 1
      chunk += writeRow(cells, number, 1)
      if (chunk.length < CHUNK_CHARACTERS) continue
      yield chunk
      chunk = ''
    }
  }
  yield `${chunk}</sheetData></worksheet>`
}

function writeRow(cells: readonly string[], number: number, style: number): string {
  let text = `<row r="${number}">`
  const count = Math.min(cells.length, MAX_COLUMNS)
  for (let i = 0; i < count; i += 1) {
    const cell = escapeText((cells[i] ?? '').slice(0, MAX_CELL_CHARACTERS))
    // An empty cell has the style of its column, which is text, too.
    if (cell === '') continue
    text += `<c r="${nameColumn(i)}${number}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${cell}</t></is></c>`
  }
  return `${text}</row>`
}

const names: string[] = []

function nameColumn(index: number): string {
  return (names[index] ??= makeColumnName(index))
}

function makeColumnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : `${makeColumnName(Math.floor(index / 26) - 1)}${letter}`
}
