import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

import { makeTemporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)

/** A file and how a person says to open it: the separator of a CSV. */
export interface SpreadsheetFile {
  readonly name: string
  readonly content: Uint8Array
}

const CODES: Readonly<Record<string, number>> = { ',': 44, ';': 59, '\t': 9 }
const UTF_8 = 76
const WORKBOOK_FILTERS = { xlsx: 'xlsx:Calc MS Excel 2007 XML', fods: 'fods' } as const
/** German: decimal commas, dates as 21.10.2020, WAHR. */
const LANGUAGES = { english: 1033, german: 1031 } as const

export type Language = keyof typeof LANGUAGES

export interface OpenOptions {
  /** Of a CSV that is opened. */
  readonly delimiter: string
  readonly language: Language
}

/**
 * Opens files in LibreOffice and saves them again, as .xlsx, as flat OpenDocument or as CSV with a delimiter, all in one go. CSV is opened as a
 * double click does in Excel: every cell is looked at for numbers, dates and truths of the language. Gives what was saved,
 * by the name that was given.
 */
export type SaveAgain = (
  files: readonly SpreadsheetFile[],
  options: OpenOptions,
  as: 'xlsx' | 'fods' | { readonly delimiter: string },
) => Promise<Map<string, Uint8Array<ArrayBuffer>>>

/** A LibreOffice with settings of its own, which are made when it first starts. */
export async function prepareLibreOffice(): Promise<SaveAgain> {
  const folder = await makeTemporaryFolder()
  const profile = `-env:UserInstallation=file://${path.join(folder, 'profile')}`
  let runs = 0
  return async (files, { delimiter, language }, as) => {
    if (files.length === 0) return new Map()
    runs += 1
    const input = path.join(folder, `${runs}-opened`)
    const output = path.join(folder, `${runs}-saved`)
    await mkdir(input)
    const paths = files.map(({ name }) => path.join(input, name))
    await Promise.all(files.map(async ({ content }, index) => writeFile(paths[index] ?? '', content)))
    // Separator, quote, character set, first line, column formats, language, quote all texts, detect special numbers.
    const open = `CSV:${CODES[delimiter]},34,${UTF_8},1,,${LANGUAGES[language]},false,true`
    // The same, and: cells as they are shown.
    const save =
      typeof as === 'string'
        ? WORKBOOK_FILTERS[as]
        : `csv:Text - txt - csv (StarCalc):${CODES[as.delimiter]},34,${UTF_8},1,,${LANGUAGES[language]},false,true,false`
    const filter = files.every(({ name }) => name.endsWith('.csv')) ? [`--infilter=${open}`] : []
    await run('soffice', [profile, '--headless', ...filter, '--convert-to', save, '--outdir', output, ...paths])
    const ending = typeof as === 'string' ? as : 'csv'
    const saved = await Promise.all(
      files.map(async ({ name }) => {
        const content = await readFile(path.join(output, `${path.parse(name).name}.${ending}`))
        return [name, new Uint8Array(content)] as const
      }),
    )
    return new Map(saved)
  }
}
