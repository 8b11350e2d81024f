import type { ImporterClient } from './create-client.ts'
import type { ImportView } from './operation-types.ts'
import { RequestError } from './request-error.ts'

export interface WaitOptions {
  /** Called after every look. */
  readonly onProgress?: (view: ImportView) => void
  /** ends the wait, which then rejects with the signal's reason */
  readonly signal?: AbortSignal
  /** How long the importer may be away before that is a failure; by default 30 s. */
  readonly silenceMs?: number
  /** Whether the wait is over; by default once the import is neither queued nor processing. */
  readonly isOver?: (view: ImportView) => boolean
}

const POLL_MS = 200
/** A process that died is back within seconds: only a longer silence is a failure. */
const SILENCE_MS = 30_000

/** Waits until an import has ended, however it ended. Rejects with a RequestError when the importer is silent for too long. */
export async function waitForImport(
  client: Pick<ImporterClient, 'showImport'>,
  importId: number,
  { onProgress, signal, silenceMs = SILENCE_MS, isOver = hasEnded }: WaitOptions = {},
): Promise<ImportView> {
  let heardAt = performance.now()
  for (;;) {
    try {
      const view = await client.showImport({ importId })
      heardAt = performance.now()
      onProgress?.(view)
      if (isOver(view)) return view
    } catch (error) {
      const mayPass = error instanceof RequestError && error.mayPass
      if (!mayPass || performance.now() - heardAt > silenceMs) throw error
    }
    await delay(POLL_MS, signal)
    signal?.throwIfAborted()
  }
}

function hasEnded({ status }: ImportView): boolean {
  return status !== 'queued' && status !== 'processing'
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
