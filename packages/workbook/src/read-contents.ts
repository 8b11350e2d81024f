import type { WorkbookPackage } from './open-package.ts'
import { readXml } from './parse-xml.ts'
import { invalidWorkbook } from './workbook-error.ts'

/** Which parts of a package are what (ECMA-376 part 1, 12.3 and 18.2). */
export interface WorkbookContents {
  /** In their order, those that show before those that are hidden. */
  readonly sheets: readonly string[]
  readonly strings: string | null
  readonly styles: string | null
  readonly is1904: boolean
}

const ROOT = ''
const USUAL_WORKBOOK = 'xl/workbook.xml'

/** What other programs make, which begins alike, and what to do with it. */
const OTHER_KINDS: readonly (readonly [part: string, kind: string])[] = [
  ['xl/workbook.bin', 'a binary Excel workbook (.xlsb)'],
  ['content.xml', 'an OpenDocument file (.ods)'],
  ['word/document.xml', 'a Word document (.docx)'],
  ['ppt/presentation.xml', 'a PowerPoint presentation (.pptx)'],
  ['Index/Document.iwa', 'a Numbers or other iWork file'],
]

/** Throws a WorkbookError where the package holds no workbook, or one without a sheet. */
export async function readContents(parts: WorkbookPackage): Promise<WorkbookContents> {
  const workbook = await findWorkbook(parts)
  const related = await readRelationships(parts, workbook)
  const target = (type: string): string | null =>
    [...related.flatMap((each) => (each.type === type ? [each.target] : [])), `xl/${type}.xml`].find((part) =>
      parts.has(part),
    ) ?? null
  const shown: string[] = []
  const hidden: string[] = []
  let is1904 = false
  await readTags(parts, workbook, (name, attributes) => {
    if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attributes['date1904'] ?? '')
    if (name !== 'sheet') return
    const id = Object.entries(attributes).find(([key]) => key === 'id' || key.endsWith(':id'))?.[1]
    const sheet = related.find((each) => each.id === id && each.type === 'worksheet')
    if (sheet === undefined) return
    if ((attributes['state'] ?? 'visible') === 'visible') shown.push(sheet.target)
    else hidden.push(sheet.target)
  })
  const sheets = [...shown, ...hidden]
  if (sheets.length === 0) throw invalidWorkbook('it has no sheet')
  return { sheets, strings: target('sharedStrings'), styles: target('styles'), is1904 }
}

async function findWorkbook(parts: WorkbookPackage): Promise<string> {
  const related = parts.has(relationshipsOf(ROOT)) ? await readRelationships(parts, ROOT) : []
  const workbook = related.find(({ type }) => type === 'officeDocument')?.target ?? USUAL_WORKBOOK
  const other = OTHER_KINDS.find(([part]) => parts.has(part) && !parts.has(USUAL_WORKBOOK))
  if (other !== undefined) throw invalidWorkbook(`it is ${other[1]}`)
  if (!parts.has(workbook)) throw invalidWorkbook('it is a zip archive without a workbook in it')
  return workbook
}

interface Relationship {
  readonly id: string
  /** The last word of the type's address, which differs between the editions of the standard. */
  readonly type: string
  readonly target: string
}

async function readRelationships(parts: WorkbookPackage, part: string): Promise<Relationship[]> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1)
  const related: Relationship[] = []
  await readTags(parts, relationshipsOf(part), (name, attributes) => {
    const { Id: id = '', Type: type = '', Target: target = '', TargetMode: mode } = attributes
    if (name !== 'Relationship' || mode === 'External') return
    related.push({ id, type: type.slice(type.lastIndexOf('/') + 1), target: resolve(folder, target) })
  })
  return related
}

function relationshipsOf(part: string): string {
  const end = part.lastIndexOf('/') + 1
  return `${part.slice(0, end)}_rels/${part.slice(end)}.rels`
}

/** A target is written from the folder of the part that names it, or from the root. */
function resolve(folder: string, target: string): string {
  const steps: string[] = []
  for (const step of `${target.startsWith('/') ? '' : folder}${target}`.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return steps.join('/')
}

async function readTags(
  parts: WorkbookPackage,
  part: string,
  open: (name: string, attributes: Readonly<Record<string, string>>) => void,
): Promise<void> {
  await readXml(parts.read(part), { open, text: () => undefined, close: () => undefined })
}
