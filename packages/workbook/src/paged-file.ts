import fs from 'node:fs'

const PAGE_BYTES = 16 * 1024
/** What is appended is written in pieces of about this size. */
const PIECE_BYTES = 256 * 1024

/**
 * A temporary file that is first appended to and then read from anywhere. Memory holds the pages last read, however large
 * the file is: cells name texts in about the order in which they stand there, or in none.
 */
export class PagedFile {
  readonly #descriptor: number
  readonly #maxPages: number
  readonly #pages = new Map<number, Buffer>()
  /** What is appended and not yet written, in `#pendingBytes` bytes: there may be millions of pieces of a few bytes. */
  readonly #pending = Buffer.allocUnsafe(PIECE_BYTES)
  #pendingBytes = 0
  #bytes = 0

  /** `descriptor`: of a file that is empty, open to be written and read; it is closed by {@link close}. */
  constructor(descriptor: number, maxPages: number) {
    this.#descriptor = descriptor
    this.#maxPages = maxPages
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `bytes` are copied or written before it returns. */
  append(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.#pendingBytes + bytes.length > PIECE_BYTES) this.flush()
    if (bytes.length > PIECE_BYTES) this.#write(bytes)
    else this.#pendingBytes += bytes.copy(this.#pending, this.#pendingBytes)
  }

  /** To be called before the first read. */
  flush(): void {
    this.#write(this.#pending.subarray(0, this.#pendingBytes))
    this.#pendingBytes = 0
  }

  #write(bytes: Buffer): void {
    for (let written = 0; written < bytes.length;) written += fs.writeSync(this.#descriptor, bytes, written)
  }

  /** The bytes from `start` up to but not including `end`; good until the next read. */
  read(start: number, end: number): Buffer {
    const number = Math.floor(start / PAGE_BYTES)
    const from = start - number * PAGE_BYTES
    const length = end - start
    if (from + length <= PAGE_BYTES) return this.#page(number).subarray(from, from + length)
    return this.#readBytes(start, length)
  }

  #page(number: number): Buffer {
    const known = this.#pages.get(number)
    if (known !== undefined) return known
    const start = number * PAGE_BYTES
    const page = this.#readBytes(start, Math.min(PAGE_BYTES, this.#bytes - start))
    if (this.#pages.size >= this.#maxPages) this.#pages.delete(this.#pages.keys().next().value ?? 0)
    this.#pages.set(number, page)
    return page
  }

  #readBytes(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, length))
    for (let read = 0; read < bytes.length;) {
      const count = fs.readSync(this.#descriptor, bytes, read, bytes.length - read, position + read)
      if (count === 0) throw new Error('a temporary file is shorter than what was written to it')
      read += count
    }
    return bytes
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}
