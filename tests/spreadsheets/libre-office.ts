import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

import { makeTemporaryFolder } from '../support/running-system.ts'

const run = promisify(execFile)

/** A file and how a person says to open it: the separator of a CSV. */
export interface SpreadsheetFile {
  readonly name: string
  readonly content: Uint8Array
}

const CODES: Readonly<Record<string, number>> = { ',': 44, ';': 59, '\t': 9 }
const UTF_8 = 76
/** German: decimal commas, dates as 21.10.2020, WAHR. */
const LANGUAGES = { english: 1033, german: 1031 } as const

export type Language = keyof typeof LANGUAGES

export interface OpenOptions {
  /** Of a CSV that is opened. */
  readonly delimiter: string
  readonly language: Language
}

/**
 * Opens files in LibreOffice and saves them again, as .xlsx or as CSV with a delimiter, all in one go. CSV is opened as a
 * double click does in Excel: every cell is looked at for numbers, dates and truths of the language. Gives what was saved,
 * by the name that was given.
 */
export async function saveAgain(
  files: readonly SpreadsheetFile[],
  { delimiter, language }: OpenOptions,
  as: 'xlsx' | { readonly delimiter: string },
): Promise<Map<string, Buffer>> {
  const folder = await makeTemporaryFolder()
  const output = path.join(folder, 'saved')
  const paths = await Promise.all(
    files.map(async ({ name, content }) => {
      const file = path.join(folder, name)
      await writeFile(file, content)
      return file
    }),
  )
  // Separator, quote, character set, first line, column formats, language, quote all texts, detect special numbers.
  const open = `CSV:${CODES[delimiter]},34,${UTF_8},1,,${LANGUAGES[language]},false,true`
  // The same, and: cells as they are shown.
  const save =
    as === 'xlsx'
      ? 'xlsx:Calc MS Excel 2007 XML'
      : `csv:Text - txt - csv (StarCalc):${CODES[as.delimiter]},34,${UTF_8},1,,${LANGUAGES[language]},false,true,false`
  const profile = `-env:UserInstallation=file://${path.join(folder, 'profile')}`
  const isCsv = files.every(({ name }) => name.endsWith('.csv'))
  const filter = isCsv ? [`--infilter=${open}`] : []
  await run('soffice', [profile, '--headless', ...filter, '--convert-to', save, '--outdir', output, ...paths])
  const ending = as === 'xlsx' ? 'xlsx' : 'csv'
  const saved = await Promise.all(
    files.map(
      async ({ name }) => [name, await readFile(path.join(output, `${path.parse(name).name}.${ending}`))] as const,
    ),
  )
  return new Map(saved)
}
