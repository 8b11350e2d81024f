import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3'

import type { PartSlots } from './part-slots.ts'
import { PartSpool } from './part-spool.ts'

export interface ObjectTarget {
  readonly Bucket: string
  readonly Key: string
}

interface StoreByPartsOptions {
  readonly client: S3Client
  readonly target: ObjectTarget
  readonly partBytes: number
  readonly slots: PartSlots
}

/**
 * Stores what `chunks` gives as one object: up to one part by one request, more by a multipart upload. A part is in memory
 * only while it is sent; meanwhile the next one is gathered, and the giver waits where that is full and no slot is free. When it
 * rejects, with the first failure, nothing is left; where what was stored cannot be taken back, with the failure of that.
 */
export async function storeByParts(chunks: AsyncIterable<Buffer>, options: StoreByPartsOptions): Promise<void> {
  const { client, target, partBytes, slots } = options
  const spool = new PartSpool(partBytes)
  const upload = new MultipartUpload(options)
  try {
    for await (const chunk of chunks) {
      let rest = await spool.add(chunk)
      while (rest.length > 0) {
        await upload.send(spool)
        rest = await spool.add(rest)
      }
    }
    if (upload.isBegun) {
      await upload.send(spool)
      await upload.complete()
    } else if (spool.isInMemory) {
      // A small file waits for none of the large ones.
      await client.send(new PutObjectCommand({ ...target, Body: spool.takeGathered() }))
    } else {
      await slots.run(partBytes, async (buffer) => {
        await client.send(new PutObjectCommand({ ...target, Body: await spool.takeInto(buffer) }))
      })
    }
  } catch (error) {
    await upload.abort()
    throw error
  } finally {
    await spool.close()
  }
}

class MultipartUpload {
  readonly #options: StoreByPartsOptions
  #uploadId: string | undefined
  readonly #sending: Promise<void>[] = []
  readonly #parts: CompletedPart[] = []
  #failure: Error | undefined

  constructor(options: StoreByPartsOptions) {
    this.#options = options
  }

  get isBegun(): boolean {
    return this.#uploadId !== undefined
  }

  /** Resolves when the part is in memory; that it was stored is known when {@link complete} resolves. */
  async send(spool: PartSpool): Promise<void> {
    const { client, target, partBytes, slots } = this.#options
    const uploadId = (this.#uploadId ??= await this.#begin())
    const partNumber = this.#sending.length + 1
    await new Promise<void>((resolve, reject) => {
      const sending = slots.run(partBytes, async (buffer) => {
        // A part of this upload may have failed while this one waited.
        if (this.#failure !== undefined) throw this.#failure
        const body = await spool.takeInto(buffer)
        resolve()
        const command = { ...target, UploadId: uploadId, PartNumber: partNumber, Body: body }
        const stored = await client.send(new UploadPartCommand(command))
        this.#parts[partNumber - 1] = { PartNumber: partNumber, ...pickChecks(stored) }
      })
      sending.catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error))
        reject(this.#failure)
      })
      this.#sending.push(sending)
    })
  }

  async complete(): Promise<void> {
    const { client, target } = this.#options
    await Promise.all(this.#sending)
    const command = { ...target, UploadId: this.#uploadId, MultipartUpload: { Parts: this.#parts } }
    await client.send(new CompleteMultipartUploadCommand(command))
  }

  /** A part that arrived after the abort would be kept: those under way are waited for. */
  async abort(): Promise<void> {
    const { client, target } = this.#options
    if (this.#uploadId === undefined) return
    await Promise.allSettled(this.#sending)
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId: this.#uploadId }))
  }

  async #begin(): Promise<string> {
    const { client, target } = this.#options
    // What the SDK adds to each part has to be announced here.
    const addsChecksums = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
    const command = { ...target, ...(addsChecksums ? { ChecksumAlgorithm: 'CRC32' as const } : {}) }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(command))
    if (UploadId === undefined) throw new Error('the server began a multipart upload and did not name it')
    return UploadId
  }
}

function pickChecks({ ETag, ChecksumCRC32 }: CompletedPart): CompletedPart {
  if (ETag === undefined) throw new Error('the server stored a part and gave no ETag')
  return { ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
}
