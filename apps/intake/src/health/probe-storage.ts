import type { FileStore } from '@importer/file-store'

/** However often readiness is asked for, the storage is asked no more often. */
const PROBE_EVERY_MS = 5_000

/**
 * Whether files can be stored. What was found is kept for 5 s, failures too: anybody may ask for readiness, and each look
 * writes to the disk.
 */
export function createStorageProbe(
  store: Pick<FileStore, 'ping'>,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let last: { readonly at: number; readonly result: Promise<void> } | undefined
  return async () => {
    if (last === undefined || now() - last.at >= PROBE_EVERY_MS) last = { at: now(), result: store.ping() }
    return last.result
  }
}
