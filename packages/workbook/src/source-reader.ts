import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import yauzl from 'yauzl'

/** A stored file that can be read from anywhere. */
export interface WorkbookSource {
  readonly bytes: number
  /** The bytes from `start` up to but not including `end`. */
  read(start: number, end: number): Readable
}

/** What is read at a time of a table of contents, which is asked for in crumbs. */
const BLOCK_BYTES = 256 * 1024
const MAX_BLOCKS = 2

/** Reads a source for yauzl: a request of a few bytes costs no request of the storage each time. */
export class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: WorkbookSource
  readonly #blocks = new Map<number, Promise<Buffer>>()

  constructor(source: WorkbookSource) {
    super()
    this.#source = source
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return this.#source.read(start, end)
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fill(target.subarray(offset, offset + length), position).then(
      () => callback(null),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    )
  }

  async #fill(target: Buffer, position: number): Promise<void> {
    for (let filled = 0; filled < target.length;) {
      const at = position + filled
      const block = await this.#block(Math.floor(at / BLOCK_BYTES))
      const copied = block.copy(target, filled, at % BLOCK_BYTES)
      // As yauzl itself says it.
      if (copied === 0) throw new Error('unexpected EOF')
      filled += copied
    }
  }

  async #block(number: number): Promise<Buffer> {
    const start = number * BLOCK_BYTES
    const end = Math.min(start + BLOCK_BYTES, this.#source.bytes)
    const block =
      this.#blocks.get(number) ??
      (start < end ? buffer(this.#source.read(start, end)) : Promise.resolve(Buffer.alloc(0)))
    this.#blocks.set(number, block)
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) break
      this.#blocks.delete(oldest)
    }
    return block
  }
}
