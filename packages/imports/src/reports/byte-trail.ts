/** A record has 1 MiB at most, and starts in the first 128 KiB of its block: what is more belongs to no record. */
const KEPT_BYTES = 1.25 * 1024 * 1024
/** Of a line that is too long to be a record: enough to be too long again, and for the same reason. */
const LONGEST_COPY_BYTES = 1024 * 1024 + 64

const LINE_END = Buffer.from('\n')
const [LF, CR] = [0x0a, 0x0d]

/**
 * The bytes behind what a reader of records gives: of each chunk that it reads, what may still be asked for. A line of
 * gigabytes is kept no further than a record can reach.
 */
export class ByteTrail {
  #chunks: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  #end: number
  #start: number

  /** @param offset in the file of the first byte that will be read */
  constructor(offset: number) {
    this.#start = this.#end = offset
  }

  async *follow(source: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      const bytes = piece as Uint8Array
      // What a block may reach is kept, and the latest chunk, in which the next block begins.
      this.#chunks = this.#chunks.filter(({ offset }) => offset < this.#start + KEPT_BYTES)
      this.#chunks.push({ offset: this.#end, bytes })
      this.#end += bytes.length
      yield bytes
    }
  }

  /** Says that bytes before this offset are no longer needed. */
  release(offset: number): void {
    this.#start = offset
    this.#chunks = this.#chunks.filter((chunk) => chunk.offset + chunk.bytes.length > offset)
  }

  /** A copy of the record from one offset up to, not including, another, with a line end behind it in any case. */
  copy(from: number, to: number): Uint8Array {
    const end = Math.min(to, from + LONGEST_COPY_BYTES)
    const parts: Uint8Array[] = []
    for (const { offset, bytes } of this.#chunks) {
      if (offset + bytes.length <= from || offset >= end) continue
      parts.push(bytes.subarray(Math.max(0, from - offset), end - offset))
    }
    const last = parts.at(-1)?.at(-1)
    return Buffer.concat(last === LF || last === CR ? parts : [...parts, LINE_END])
  }
}
