import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { readXml } from './parse-xml.ts'
import { invalidWorkbook } from './workbook-error.ts'
import { unescapeText } from './xml-text.ts'

/** The texts that the cells of a workbook name by their number. */
export interface SharedStrings {
  get(index: number): string
  close(): void
}

const PAGE_BYTES = 256 * 1024
/** Cells name texts in about the order in which they stand here: few pages are in use at a time. */
const MAX_PAGES = 32

/**
 * Reads the table of texts into a file of its own in the folder for temporary files: there may be millions, and memory
 * holds only where each begins (8 bytes) and the pages last used. `from`: the part's bytes; none: an empty table.
 */
export async function readSharedStrings(from: AsyncIterable<Buffer> | null): Promise<SharedStrings> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'workbook-'))
  const file = path.join(folder, 'strings')
  const descriptor = fs.openSync(file, 'w+', 0o600)
  // The name goes at once: whatever becomes of this process, nothing is left.
  fs.rmSync(folder, { recursive: true, force: true })
  const table = new StringTable(descriptor)
  try {
    if (from !== null) await fill(table, from)
    table.flush()
  } catch (error) {
    table.close()
    throw error
  }
  return table
}

async function fill(table: StringTable, bytes: AsyncIterable<Buffer>): Promise<void> {
  let item: string[] | null = null
  // Of phonetic runs (`rPh`) the text is a reading aid, not the cell's.
  let isText = false
  let isPhonetic = false
  const handlers = {
    open(name: string) {
      if (name === 'si') item = []
      else if (name === 'rPh') isPhonetic = true
      else if (name === 't') isText = !isPhonetic
    },
    text(text: string) {
      if (isText) item?.push(text)
    },
    close(name: string) {
      if (name === 't') isText = false
      else if (name === 'rPh') isPhonetic = false
      else if (name === 'si' && item !== null) {
        table.append(unescapeText(item.join('')))
        item = null
      }
    },
  }
  await readXml(bytes, handlers, () => table.flushIfFull())
}

class StringTable implements SharedStrings {
  readonly #descriptor: number
  /** Where each text begins; after the last one where it ends. */
  #starts = new Float64Array(1024)
  #count = 0
  #bytes = 0
  #pending: Buffer[] = []
  #pendingBytes = 0
  readonly #pages = new Map<number, Buffer>()

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  append(text: string): void {
    const bytes = Buffer.from(text)
    this.#count += 1
    if (this.#count >= this.#starts.length) {
      const grown = new Float64Array(this.#starts.length * 2)
      grown.set(this.#starts)
      this.#starts = grown
    }
    this.#bytes += bytes.length
    this.#starts[this.#count] = this.#bytes
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
  }

  flushIfFull(): void {
    if (this.#pendingBytes >= PAGE_BYTES) this.flush()
  }

  flush(): void {
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    for (let written = 0; written < bytes.length;) written += fs.writeSync(this.#descriptor, bytes, written)
  }

  get(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.#count) {
      throw invalidWorkbook(`a cell names the text ${index}, which is not there`)
    }
    const start = this.#starts[index] ?? 0
    const end = this.#starts[index + 1] ?? 0
    const page = this.#page(Math.floor(start / PAGE_BYTES))
    const from = start % PAGE_BYTES
    if (from + (end - start) <= page.length) return page.toString('utf8', from, from + (end - start))
    return this.#readBytes(start, end - start).toString('utf8')
  }

  #page(number: number): Buffer {
    const known = this.#pages.get(number)
    if (known !== undefined) return known
    const page = this.#readBytes(number * PAGE_BYTES, Math.min(PAGE_BYTES, this.#bytes - number * PAGE_BYTES))
    if (this.#pages.size >= MAX_PAGES) this.#pages.delete(this.#pages.keys().next().value ?? 0)
    this.#pages.set(number, page)
    return page
  }

  #readBytes(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, length))
    for (let read = 0; read < bytes.length;) {
      const count = fs.readSync(this.#descriptor, bytes, read, bytes.length - read, position + read)
      if (count === 0) throw new Error('the file of shared strings is shorter than what was written to it')
      read += count
    }
    return bytes
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}
