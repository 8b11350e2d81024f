import { HEAD_BYTES } from '@importer/csv'
import type { FileStore } from '@importer/runtime'

/** The first bytes of a stored file, and whether they are all of it. Throws a FileMissingError. */
export async function readHead(store: FileStore, fileKey: string): Promise<{ head: Uint8Array; complete: boolean }> {
  const chunks: Uint8Array[] = []
  // One byte more than is looked at tells whether there is more.
  for await (const chunk of store.read(fileKey, { start: 0, end: HEAD_BYTES })) chunks.push(chunk as Uint8Array)
  const head = Buffer.concat(chunks)
  return { head: head.subarray(0, HEAD_BYTES), complete: head.length <= HEAD_BYTES }
}
