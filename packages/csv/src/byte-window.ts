/**
 * The stretch of a file that is still needed, in one piece of memory and addressed by the offsets of the file.
 *
 * Appending costs amortized constant time per byte however small the pieces are: the memory grows by doubling, and
 * what is still needed is moved to the front only when at least as much again has been released.
 */
export class ByteWindow {
  /** The memory. Index i holds the byte at offset `origin + i` of the file. Changes identity when it grows. */
  bytes: Buffer
  /** Offset in the file of index 0. */
  origin: number
  #head = 0
  #tail = 0

  /** @param offset of the first byte to be appended; @param capacityBytes to begin with. */
  constructor(offset: number, capacityBytes: number) {
    this.origin = offset
    this.bytes = Buffer.allocUnsafe(Math.max(capacityBytes, 1))
  }

  /** The offset just past the last byte. */
  get end(): number {
    return this.origin + this.#tail
  }

  append(piece: Uint8Array): void {
    if (this.#tail + piece.length > this.bytes.length) this.#ensureCapacity(piece.length)
    this.bytes.set(piece, this.#tail)
    this.#tail += piece.length
  }

  /** Says that bytes before this offset are no longer needed. */
  release(offset: number): void {
    this.#head = Math.max(this.#head, Math.min(offset - this.origin, this.#tail))
  }

  /** The bytes from one offset up to, not including, another; a view that is good until the next append. */
  view(from: number, to: number): Buffer {
    return this.bytes.subarray(from - this.origin, to - this.origin)
  }

  #ensureCapacity(extraBytes: number): void {
    const kept = this.#tail - this.#head
    if (kept + extraBytes > this.bytes.length / 2) {
      const larger = Buffer.allocUnsafe(2 * (kept + extraBytes))
      this.bytes.copy(larger, 0, this.#head, this.#tail)
      this.bytes = larger
    } else {
      this.bytes.copyWithin(0, this.#head, this.#tail)
    }
    this.origin += this.#head
    this.#head = 0
    this.#tail = kept
  }
}
