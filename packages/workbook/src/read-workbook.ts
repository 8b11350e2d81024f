import { readCellFormats } from './cell-formats.ts'
import { openPackage, type WorkbookPackage } from './open-package.ts'
import { readContents } from './read-contents.ts'
import { readSheet, type ShowDate, type WorkbookRow } from './read-sheet.ts'
import { readSharedStrings, type SharedStrings } from './shared-strings.ts'
import type { WorkbookSource } from './source-reader.ts'

export interface ReadWorkbookOptions {
  /** What the parts that are read may unpack to, in bytes. */
  readonly maxUnpackedBytes: number
  /** How the cells of a column that are dates and times are written; see {@link ShowDate}. */
  readonly showDate?: ShowDate | undefined
}

/**
 * The rows of an .xlsx file's first sheet that shows and has content, as the table that it shows, in runs. Memory does
 * not grow with the file. Throws a WorkbookError for what is no such file, and what the source throws.
 */
export async function* readWorkbook(
  source: WorkbookSource,
  options: ReadWorkbookOptions,
): AsyncGenerator<readonly WorkbookRow[]> {
  const parts = await openPackage(source, options.maxUnpackedBytes)
  try {
    yield* readFirstSheet(parts, options)
  } finally {
    parts.close()
  }
}

async function* readFirstSheet(
  parts: WorkbookPackage,
  { showDate }: ReadWorkbookOptions,
): AsyncGenerator<readonly WorkbookRow[]> {
  const { sheets, styles, strings: stringsPart, is1904 } = await readContents(parts)
  const formatOf = await readCellFormats(styles === null ? null : parts.read(styles))
  const strings = await readSharedStrings(stringsPart === null ? null : parts.read(stringsPart))
  try {
    for (const sheet of sheets) {
      let isEmpty = true
      for await (const rows of readSheet(parts.read(sheet), { strings, formatOf, is1904, showDate })) {
        isEmpty = false
        yield rows
      }
      if (!isEmpty) return
    }
  } finally {
    strings.close()
  }
}

/**
 * The first rows of what {@link readWorkbook} gives, until `isEnough` says so, which is asked after each run of rows.
 * Of the table of texts no more is read than these rows name.
 */
export async function readFirstRows(
  source: WorkbookSource,
  options: ReadWorkbookOptions,
  isEnough: (rows: readonly WorkbookRow[]) => Promise<boolean>,
): Promise<readonly WorkbookRow[]> {
  const parts = await openPackage(source, options.maxUnpackedBytes)
  try {
    const { sheets, styles, strings: stringsPart, is1904 } = await readContents(parts)
    const formatOf = await readCellFormats(styles === null ? null : parts.read(styles))
    let lastText = -1
    const take = async (sheet: string, strings: Pick<SharedStrings, 'get'>) => {
      const rows: WorkbookRow[] = []
      for await (const run of readSheet(parts.read(sheet), { strings, formatOf, is1904, showDate: options.showDate })) {
        rows.push(...run)
        if (await isEnough(rows)) break
      }
      return rows
    }
    const note = (index: number): string => {
      lastText = Math.max(lastText, index)
      return PLACEHOLDER
    }
    for (const sheet of sheets) {
      lastText = -1
      if ((await take(sheet, { get: note })).length === 0) continue
      const strings = await readSharedStrings(stringsPart === null ? null : parts.read(stringsPart), lastText + 1)
      try {
        const rows = await take(sheet, strings)
        if (rows.length > 0) return rows
      } finally {
        strings.close()
      }
    }
    return []
  } finally {
    parts.close()
  }
}

/** Stands for a text that is not yet known, and is about as long as most. */
const PLACEHOLDER = 'a text of a cell'

/**
 * What the parts that {@link readWorkbook} reads unpack to, as the archive says, in bytes: what reading costs. Throws a
 * WorkbookError for what is no workbook.
 */
export async function measureWorkbook(
  source: WorkbookSource,
  { maxUnpackedBytes }: Pick<ReadWorkbookOptions, 'maxUnpackedBytes'>,
): Promise<number> {
  const parts = await openPackage(source, maxUnpackedBytes)
  try {
    const { sheets, styles, strings } = await readContents(parts)
    const read = [...sheets, ...(styles === null ? [] : [styles]), ...(strings === null ? [] : [strings])]
    return read.reduce((sum, part) => sum + parts.bytesOf(part), 0)
  } finally {
    parts.close()
  }
}
