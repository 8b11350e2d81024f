import { readCellFormats } from './cell-formats.ts'
import { openPackage, type WorkbookPackage, type WorkbookSource } from './open-package.ts'
import { readXml } from './parse-xml.ts'
import { readSharedStrings } from './shared-strings.ts'
import { readSheet, type WorkbookRow } from './read-sheet.ts'
import { invalidWorkbook } from './workbook-error.ts'

export type { WorkbookSource } from './open-package.ts'
export type { WorkbookRow } from './read-sheet.ts'

export interface ReadWorkbookOptions {
  /** What the parts that are read may unpack to, in bytes. */
  readonly maxUnpackedBytes: number
}

const WORKBOOK = 'xl/workbook.xml'
const RELATIONSHIPS = 'xl/_rels/workbook.xml.rels'
const STYLES = 'xl/styles.xml'
const STRINGS = 'xl/sharedStrings.xml'

/**
 * The rows of an .xlsx file's first sheet that shows and has content, as the table that it shows, in runs. Memory does
 * not grow with the file. Throws a WorkbookError for what is no such file, and what the source throws.
 */
export async function* readWorkbook(
  source: WorkbookSource,
  { maxUnpackedBytes }: ReadWorkbookOptions,
): AsyncGenerator<readonly WorkbookRow[]> {
  const parts = await openPackage(source, maxUnpackedBytes)
  try {
    const { sheets, is1904 } = await readContents(parts)
    const formatOf = await readCellFormats(parts.has(STYLES) ? parts.read(STYLES) : null)
    const strings = await readSharedStrings(parts.has(STRINGS) ? parts.read(STRINGS) : null)
    try {
      for (const sheet of sheets) {
        let isEmpty = true
        for await (const rows of readSheet(parts.read(sheet), { strings, formatOf, is1904 })) {
          isEmpty = false
          yield rows
        }
        if (!isEmpty) return
      }
    } finally {
      strings.close()
    }
  } finally {
    parts.close()
  }
}

/** The parts of the sheets in their order, those that show before those that are hidden. */
async function readContents(parts: WorkbookPackage): Promise<{ sheets: string[]; is1904: boolean }> {
  const targets = new Map<string, string>()
  await readAll(parts, RELATIONSHIPS, (name, attributes) => {
    const { Id: id = '', Type: type = '', Target: target = '' } = attributes
    if (name === 'Relationship' && type.endsWith('/worksheet')) targets.set(id, resolveTarget(target))
  })
  const shown: string[] = []
  const hidden: string[] = []
  let is1904 = false
  await readAll(parts, WORKBOOK, (name, attributes) => {
    if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attributes['date1904'] ?? '')
    if (name !== 'sheet') return
    const id = Object.entries(attributes).find(([key]) => key === 'id' || key.endsWith(':id'))?.[1] ?? ''
    const target = targets.get(id)
    if (target === undefined) return
    if ((attributes['state'] ?? 'visible') === 'visible') shown.push(target)
    else hidden.push(target)
  })
  const sheets = [...shown, ...hidden]
  if (sheets.length === 0) throw invalidWorkbook('it has no sheet')
  return { sheets, is1904 }
}

async function readAll(
  parts: WorkbookPackage,
  part: string,
  open: (name: string, attributes: Readonly<Record<string, string>>) => void,
): Promise<void> {
  await readXml(parts.read(part), { open, text: () => undefined, close: () => undefined })
}

/** A target is written from the workbook's own folder, or from the root. */
function resolveTarget(target: string): string {
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`
}
