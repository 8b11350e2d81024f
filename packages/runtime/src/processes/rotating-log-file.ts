import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

/**
 * A log that cannot fill a disk: at `maxBytes` the file becomes `<file>.1`, in place of an older one, and a new one
 * begins. Writes are synchronous, so that the last words of a process are not lost.
 */
export class RotatingLogFile {
  readonly #file: string
  readonly #maxBytes: number
  readonly #onError: (error: unknown) => void
  #descriptor: number
  #bytes: number

  /** @param onError called when a write fails, a full disk say: logging must not end what is logged */
  constructor(file: string, maxBytes: number, onError: (error: unknown) => void) {
    this.#file = file
    this.#maxBytes = maxBytes
    this.#onError = onError
    this.#descriptor = openSync(file, 'a', 0o600)
    this.#bytes = fstatSync(this.#descriptor).size
  }

  write(chunk: Uint8Array): void {
    try {
      if (this.#bytes > 0 && this.#bytes + chunk.length > this.#maxBytes) this.#rotate()
      this.#bytes += writeSync(this.#descriptor, chunk)
    } catch (error) {
      this.#onError(error)
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    renameSync(this.#file, `${this.#file}.1`)
    const descriptor = openSync(this.#file, 'a', 0o600)
    closeSync(this.#descriptor)
    this.#descriptor = descriptor
    this.#bytes = 0
  }
}
