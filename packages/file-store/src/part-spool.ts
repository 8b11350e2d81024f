import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { callDisk } from './disk-errors.ts'
import { writeAll } from './write-chunks-to-file.ts'

/** What is gathered for one write; less than that touches no disk. */
const IN_MEMORY_BYTES = 256 * 1024

/**
 * Gathers a part of an upload in the folder for temporary files: its client may take hours for it, and a process has as
 * many of them as it has clients. The file has no name, so whatever ends the process leaves none. Throws a
 * StorageUnavailableError where the disk refuses.
 */
export class PartSpool {
  readonly #partBytes: number
  #file: FileHandle | undefined
  #written = 0
  #gathered: Buffer[] = []
  #gatheredBytes = 0

  constructor(partBytes: number) {
    this.#partBytes = partBytes
  }

  get bytes(): number {
    return this.#written + this.#gatheredBytes
  }

  /** Takes of `chunk` what fits into the part, and gives the rest of it. */
  async add(chunk: Buffer): Promise<Buffer> {
    const taken = chunk.subarray(0, this.#partBytes - this.bytes)
    this.#gathered.push(taken)
    this.#gatheredBytes += taken.length
    if (this.#gatheredBytes >= IN_MEMORY_BYTES) await callDisk(tmpdir(), async () => this.#flush())
    return chunk.subarray(taken.length)
  }

  /** Whether the disk was left out: then {@link takeGathered} gives the part. */
  get isInMemory(): boolean {
    return this.#written === 0
  }

  takeGathered(): Buffer {
    const part = Buffer.concat(this.#gathered)
    this.#forget()
    return part
  }

  /** Moves the part to the beginning of `buffer` and gives it: the next one can be gathered. */
  async takeInto(buffer: Buffer): Promise<Buffer> {
    let bytes = await callDisk(tmpdir(), async () => this.#readInto(buffer))
    for (const chunk of this.#gathered) bytes += chunk.copy(buffer, bytes)
    this.#forget()
    return buffer.subarray(0, bytes)
  }

  async close(): Promise<void> {
    this.#forget()
    await this.#file?.close()
  }

  #forget(): void {
    this.#written = 0
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  async #flush(): Promise<void> {
    this.#file ??= await openUnnamed()
    await writeAll(this.#file, this.#gathered, this.#written)
    this.#written += this.#gatheredBytes
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  async #readInto(buffer: Buffer): Promise<number> {
    let bytes = 0
    while (bytes < this.#written) {
      const { bytesRead = 0 } = (await this.#file?.read(buffer, bytes, this.#written - bytes, bytes)) ?? {}
      if (bytesRead === 0) throw new Error(`${bytes} of ${this.#written} bytes of a part are left in ${tmpdir()}`)
      bytes += bytesRead
    }
    return bytes
  }
}

async function openUnnamed(): Promise<FileHandle> {
  const name = path.join(tmpdir(), `upload-part-${randomUUID()}`)
  const file = await open(name, 'wx+', 0o600)
  await unlink(name)
  return file
}
