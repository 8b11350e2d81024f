import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { PagedFile } from './paged-file.ts'
import { parseXml } from './parse-xml.ts'
import { TextCollector } from './text-collector.ts'
import { invalidWorkbook } from './workbook-error.ts'
import { unescapeText } from './xml-text.ts'

/** The texts that the cells of a workbook name by their number. */
export interface SharedStrings {
  get(index: number): string
  close(): void
}

/** 4 MiB of texts, 2 MiB of the positions where they begin. */
const TEXT_PAGES = 256
const POSITION_PAGES = 128
const POSITION_BYTES = 8
const MAX_TEXTS = 50_000_000

/**
 * Reads the table of texts into temporary files: there may be millions, and memory holds only the pages last used.
 * `from`: the part's bytes; none: an empty table. `count`: how many of the first are wanted.
 */
export async function readSharedStrings(from: AsyncIterable<Buffer> | null, count = Infinity): Promise<SharedStrings> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'workbook-'))
  const open = (name: string): number => fs.openSync(path.join(folder, name), 'w+', 0o600)
  let table: StringTable
  try {
    table = new StringTable(new PagedFile(open('texts'), TEXT_PAGES), new PagedFile(open('positions'), POSITION_PAGES))
  } finally {
    // The names go at once: whatever becomes of this process, nothing is left.
    fs.rmSync(folder, { recursive: true, force: true })
  }
  try {
    if (from !== null && count > 0) await fill(table, from, count)
    table.finish()
  } catch (error) {
    table.close()
    throw error
  }
  return table
}

async function fill(table: StringTable, bytes: AsyncIterable<Buffer>, count: number): Promise<void> {
  const item = new TextCollector()
  const chunks = parseXml(bytes, {
    open(name) {
      if (name === 'si') item.begin()
      else item.open(name)
    },
    text: (text) => item.add(text),
    close(name) {
      if (name === 'si') table.append(unescapeText(item.end()))
      else item.close(name)
    },
  })
  try {
    while ((await chunks.next()).done !== true && table.count < count);
  } finally {
    await chunks.return(undefined)
  }
}

class StringTable implements SharedStrings {
  readonly #texts: PagedFile
  /** Where each text begins, and behind the last one where it ends. */
  readonly #positions: PagedFile
  readonly #position = Buffer.alloc(POSITION_BYTES)
  #count = 0

  constructor(texts: PagedFile, positions: PagedFile) {
    this.#texts = texts
    this.#positions = positions
    this.#appendPosition()
  }

  get count(): number {
    return this.#count
  }

  append(text: string): void {
    this.#count += 1
    if (this.#count > MAX_TEXTS) throw invalidWorkbook(`it has more than ${MAX_TEXTS} texts`)
    this.#texts.append(Buffer.from(text))
    this.#appendPosition()
  }

  #appendPosition(): void {
    this.#position.writeDoubleLE(this.#texts.bytes)
    this.#positions.append(this.#position)
  }

  finish(): void {
    this.#texts.flush()
    this.#positions.flush()
  }

  get(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.#count) {
      throw invalidWorkbook(`a cell names the text ${index}, which is not there`)
    }
    return this.#texts.read(this.#positionOf(index), this.#positionOf(index + 1)).toString('utf8')
  }

  #positionOf(index: number): number {
    return this.#positions.read(index * POSITION_BYTES, (index + 1) * POSITION_BYTES).readDoubleLE()
  }

  close(): void {
    this.#texts.close()
    this.#positions.close()
  }
}
