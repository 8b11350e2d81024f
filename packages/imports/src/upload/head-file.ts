import type { HeadStore } from './read-head.ts'

/** How much of a file is looked at, in bytes. */
export const INSPECTED_BYTES = 1_310_720
/** A file of less is whole; of more only the beginning may be there, as clients that know the limit send no more. */
const WHOLE_BELOW_BYTES = 1_048_576

/** Reading came to the end of what is there of a file that goes on. */
export class HeadEndError extends Error {
  override readonly name = 'HeadEndError'

  constructor() {
    super('the file goes on behind what was looked at')
  }
}

export function isWholeFile(head: Uint8Array): boolean {
  return head.length < WHOLE_BELOW_BYTES
}

/** The beginning of a file that is not stored, as a store gives files to read. There is this one only, whatever the key. */
export class HeadFile implements HeadStore {
  readonly #bytes: Uint8Array
  readonly #isWhole: boolean

  constructor(bytes: Uint8Array, isWhole: boolean) {
    this.#bytes = bytes
    this.#isWhole = isWhole
  }

  async *read(
    _key: string,
    { start = 0, end = Infinity }: { readonly start?: number; readonly end?: number } = {},
  ): AsyncGenerator<Uint8Array> {
    const last = Math.min(end, this.#bytes.length - 1)
    if (start <= last) yield await Promise.resolve(this.#bytes.subarray(start, last + 1))
    if (!this.#isWhole && end >= this.#bytes.length) throw new HeadEndError()
  }

  async size(): Promise<number> {
    return Promise.resolve(this.#isWhole ? this.#bytes.length : Infinity)
  }
}
