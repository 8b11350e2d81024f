import { Readable } from 'node:stream'

import type { FileStore } from '@importer/file-store'

/** However often readiness is asked for, files are written no more often. */
const PROBE_EVERY_MS = 5_000
/** One block of a disk, which a full one does not have. */
const PROBE = Buffer.alloc(4_096, 'readiness probe\n')

/**
 * Whether files can be stored: one is written and removed, as a disk that is full, or read only, lists its folders as
 * ever. What was found is kept for 5 s, failures too.
 */
export function createStorageProbe(store: FileStore, now: () => number = () => performance.now()): () => Promise<void> {
  let last: { readonly at: number; readonly result: Promise<void> } | undefined
  return async () => {
    if (last === undefined || now() - last.at >= PROBE_EVERY_MS) last = { at: now(), result: probe(store) }
    return last.result
  }
}

async function probe(store: FileStore): Promise<void> {
  await store.ping()
  const { key } = await store.write(Readable.from([PROBE]), { maxBytes: PROBE.length })
  await store.remove(key)
}
