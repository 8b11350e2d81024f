import { setTimeout as delay } from 'node:timers/promises'

import type { ImporterClient } from './create-client.ts'
import { RequestError } from './request-error.ts'
import type { ImportView } from './views.ts'

export interface WaitOptions {
  /** Called after every look. */
  readonly onProgress?: (view: ImportView) => void
  /** ends the wait, which then rejects with the signal's reason */
  readonly signal?: AbortSignal
}

const POLL_MS = 200
/** A process that died is back within seconds: only a longer silence is a failure. */
const SILENCE_MS = 30_000

/** Waits until an import has ended, however it ended. Rejects with a RequestError when the importer is silent for 30 s. */
export async function waitForImport(
  client: Pick<ImporterClient, 'readImport'>,
  importId: number,
  { onProgress, signal }: WaitOptions = {},
): Promise<ImportView> {
  let heardAt = performance.now()
  for (;;) {
    try {
      const view = await client.readImport(String(importId))
      heardAt = performance.now()
      onProgress?.(view)
      if (view.status !== 'queued' && view.status !== 'processing') return view
    } catch (error) {
      const mayPass = error instanceof RequestError && error.mayPass
      if (!mayPass || performance.now() - heardAt > SILENCE_MS) throw error
    }
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted())
  }
}
