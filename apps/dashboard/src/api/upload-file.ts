import { explainRefusal, readJson, RequestError } from '@importer/client'
import { OPERATIONS } from '@importer/contracts'
import { addressOf, PAGE_HEADERS, type ImportView } from './client.ts'

export interface UploadRequest {
  readonly seriesId: string
  readonly form: FormData
  /** Sent again under the same key, the same file is one import. */
  readonly idempotencyKey: string
  readonly onProgress: (sentBytes: number, allBytes: number) => void
  readonly signal: AbortSignal
}

/** Uploads with progress, which fetch cannot tell. Rejects with a RequestError, or the signal's reason. */
export async function uploadFile({
  seriesId,
  form,
  idempotencyKey,
  onProgress,
  signal,
}: UploadRequest): Promise<ImportView> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', addressOf('createImport', { seriesId }))
    for (const [name, value] of Object.entries({ ...PAGE_HEADERS, 'Idempotency-Key': idempotencyKey })) {
      request.setRequestHeader(name, value)
    }
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded, total))
    const giveUp = (): void => request.abort()
    signal.addEventListener('abort', giveUp)
    request.addEventListener('abort', () => reject(signal.reason as Error))
    request.addEventListener('error', () => reject(new RequestError('the server does not answer', null)))
    request.addEventListener('load', () => {
      try {
        resolve(readUpload(request))
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    request.addEventListener('loadend', () => signal.removeEventListener('abort', giveUp))
    request.send(form)
  })
}

function readUpload({ status, responseText }: XMLHttpRequest): ImportView {
  const [{ schema }] = OPERATIONS.createImport.success
  if (status >= 200 && status < 300) return readJson(schema, responseText, status, '')
  throw explainRefusal('the upload', status, responseText, null)
}
