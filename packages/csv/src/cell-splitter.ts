import Papa from 'papaparse'

import { splitRecord } from './split-record.ts'

/** What separates the records of one text. */
export type RecordSeparator = '\n' | '\r' | '\r\n'

const COMPARED_BYTES = 4096

interface ParsedText {
  readonly data: string[][]
  readonly errors: readonly { readonly message: string }[]
}

/**
 * Splits text that is already known to be well-formed into records and cells, with papaparse's own parser.
 *
 * That parser is exposed but not promised, and strays in several ways on text that is not well-formed or mixes line
 * ends; so it is only given whole records, each followed by the same separator, and a test beside this file holds it
 * to what is relied on here.
 */
export class CellSplitter {
  readonly maxCells: number
  readonly #delimiter: string
  readonly #delimiters: Buffer
  readonly #parsers = new Map<string, Papa.Parser>()

  constructor(delimiter: string, maxCells: number) {
    this.#delimiter = delimiter
    this.#delimiters = Buffer.alloc(COMPARED_BYTES, delimiter)
    this.maxCells = maxCells
  }

  /** Whether a record may have more cells than are split: delimiters in quotes are counted, too. */
  mayBeWide(record: Buffer): boolean {
    const delimiter = this.#delimiter.charCodeAt(0)
    let cells = 1
    for (let at = record.indexOf(delimiter); at !== -1; at = record.indexOf(delimiter, at + 1)) {
      cells += 1
      if (cells > this.maxCells) return true
    }
    return false
  }

  /**
   * A well-formed record without delimiters at its end that only make cells beyond those that are split. There may be a
   * million of them: they are neither decoded nor looked at one by one.
   */
  dropEmptyTail(record: Buffer): Buffer {
    let end = record.length
    const size = COMPARED_BYTES
    while (end >= size && record.compare(this.#delimiters, 0, size, end - size, end) === 0) end -= size
    return record.subarray(0, end + this.maxCells)
  }

  /**
   * @param text whole records, each with `separator` behind it, the last one too
   * @param quoted whether any cell of it opens with a quote
   * @param count how many records that is; another number of them is an error of this program, and thrown
   */
  split(text: string, separator: RecordSeparator, quoted: boolean, count: number): string[][] {
    // What follows the last separator is a "last row" that is ignored.
    const parsed = this.#parserFor(separator, quoted).parse(text, 0, true) as ParsedText
    const fault = parsed.errors[0]
    if (fault !== undefined || parsed.data.length !== count) {
      throw new Error(
        `framing found ${count} records where splitting found ${parsed.data.length}${fault === undefined ? '' : ` (${fault.message})`}`,
      )
    }
    return parsed.data
  }

  /** One record, without its line end: one in which a quote behind blanks opens a cell, or that may be wide. */
  splitAlone(text: string): string[] {
    return splitRecord(text, this.#delimiter, this.maxCells)
  }

  #parserFor(separator: RecordSeparator, quoted: boolean): Papa.Parser {
    const key = `${quoted ? 'quoted' : 'plain'}${separator}`
    let parser = this.#parsers.get(key)
    if (parser === undefined) {
      parser = new Papa.Parser({ delimiter: this.#delimiter, newline: separator, fastMode: !quoted })
      this.#parsers.set(key, parser)
    }
    return parser
  }
}
