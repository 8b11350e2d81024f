import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import yazl from 'yazl'

/** A zip archive of these parts. */
export async function makeArchive(parts: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
  const archive = new yazl.ZipFile()
  for (const [name, content] of Object.entries(parts)) archive.addBuffer(Buffer.from(content), name)
  archive.end()
  return new Uint8Array(await buffer(archive.outputStream as Readable))
}

export const RELATIONS =
  '<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
export const WORKBOOK = '<workbook xmlns:r="r"><sheets><sheet name="A" r:id="a"/></sheets></workbook>'

/** A workbook of no more parts than it takes, whose sheet has these rows, in XML. */
export function makeBareWorkbook(sheet: string, more: Readonly<Record<string, string>> = {}) {
  return makeArchive({
    'xl/workbook.xml': WORKBOOK,
    'xl/_rels/workbook.xml.rels': RELATIONS,
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
    ...more,
  })
}

/** Rows with one cell each, in the last column. */
export function placeCellsFarRight(rows: number): string {
  return Array.from({ length: rows }, (_, n) => `<row r="${n + 1}"><c r="XFD${n + 1}"><v>1</v></c></row>`).join('')
}
