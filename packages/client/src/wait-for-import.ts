import type { ImporterClient } from './create-client.ts'
import type { ImportView } from './operation-types.ts'
import { RequestError } from './request-error.ts'

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
  client: Pick<ImporterClient, 'showImport'>,
  importId: number,
  { onProgress, signal }: WaitOptions = {},
): Promise<ImportView> {
  let heardAt = performance.now()
  for (;;) {
    try {
      const view = await client.showImport({ importId })
      heardAt = performance.now()
      onProgress?.(view)
      if (view.status !== 'queued' && view.status !== 'processing') return view
    } catch (error) {
      const mayPass = error instanceof RequestError && error.mayPass
      if (!mayPass || performance.now() - heardAt > SILENCE_MS) throw error
    }
    await delay(POLL_MS, signal)
    signal?.throwIfAborted()
  }
}

/** Ends early, and well, with the signal. */
async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
