import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'

import { RequestError } from '../request-error.ts'

/** A file as something that is read while it is sent. Rejects with a RequestError that names it. */
export async function openFile(file: string): Promise<Blob> {
  try {
    const stats = await stat(file)
    if (!stats.isFile()) throw new RequestError(`${file} is no file; expected a CSV file`, null)
    return await openAsBlob(file)
  } catch (error) {
    if (error instanceof RequestError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new RequestError(`${file} cannot be read (${code}); expected a CSV file`, null, { cause: error })
  }
}
