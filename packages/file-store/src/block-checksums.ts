import { crc32 } from 'node:zlib'

/**
 * A file has one checksum for each block of this size. Small, because reading a single row reads the whole block that it
 * stands in; a file of 5 GiB has 80 kB of checksums.
 */
export const CHECKSUM_BLOCK_BYTES = 256 * 1024
const CHECKSUM_BYTES = 4

/** What a stored file must be: its length, and the CRC-32 of each block of 256 KiB, 4 bytes each, big-endian. */
export interface FileChecksums {
  readonly bytes: number
  readonly checksums: Uint8Array
}

/** Computes the checksums of a file while it is written, whatever the sizes of its chunks. */
export class BlockChecksums {
  readonly #finished: number[] = []
  #current = 0
  #filled = 0

  update(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length;) {
      const to = Math.min(chunk.length, from + CHECKSUM_BLOCK_BYTES - this.#filled)
      this.#current = crc32(chunk.subarray(from, to), this.#current)
      this.#filled += to - from
      from = to
      if (this.#filled === CHECKSUM_BLOCK_BYTES) this.#finishBlock()
    }
  }

  /** To be called once, behind the last chunk. */
  digest(): Buffer {
    if (this.#filled > 0) this.#finishBlock()
    const checksums = Buffer.alloc(this.#finished.length * CHECKSUM_BYTES)
    this.#finished.forEach((checksum, block) => checksums.writeUInt32BE(checksum, block * CHECKSUM_BYTES))
    return checksums
  }

  #finishBlock(): void {
    this.#finished.push(this.#current)
    this.#current = 0
    this.#filled = 0
  }
}

/** The checksum of a block, counted from 0; undefined: there is none, so the file cannot have this block. */
export function checksumOf({ checksums }: FileChecksums, block: number): number | undefined {
  const view = new DataView(checksums.buffer, checksums.byteOffset, checksums.byteLength)
  const at = block * CHECKSUM_BYTES
  return at + CHECKSUM_BYTES <= checksums.byteLength ? view.getUint32(at) : undefined
}
