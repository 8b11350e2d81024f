import { createClient, waitForImport, type ImportView } from '@importer/client'
import { createProgressDisplay } from '@importer/client/terminal'

import { CliError } from './cli-error.ts'
import type { Session } from './session.ts'

/** A restart of the importer, its database included, is outlasted. */
const SILENCE_MS = 120_000
/** What `--wait` and `wait` wait without a limit of their own: whoever is not done by then hangs. */
const LONGEST_WAIT_MS = 24 * 3_600_000

export interface FollowOptions {
  readonly forMs?: number
  readonly isOver?: (view: ImportView) => boolean
}

/** Waits until an import has ended, with progress on standard error. Rejects with a CliError when the time is up. */
export async function followImport(
  session: Session,
  importId: string | number,
  { forMs = LONGEST_WAIT_MS, ...options }: FollowOptions = {},
): Promise<ImportView> {
  const { signal, terminal, nameCommand } = session
  const id = Number(importId)
  const limit = new AbortController()
  const timer = setTimeout(() => {
    limit.abort(
      new CliError(`import ${id} has not ended within ${forMs / 1_000} s; it goes on: ${nameCommand(`wait ${id}`)}`),
    )
  }, forMs)
  const either = AbortSignal.any([signal, limit.signal])
  const client = createClient({ ...(await session.connect()), signal: either })
  const display = session.options.quiet === true ? null : createProgressDisplay(terminal.stderr)
  try {
    return await waitForImport(client, id, {
      ...options,
      onProgress: (view) => display?.update(view),
      signal: either,
      silenceMs: SILENCE_MS,
    })
  } finally {
    clearTimeout(timer)
    display?.stop()
  }
}

/** The value of `--wait [duration]`: absent, without a duration, or milliseconds. */
export function readWait(wait: true | number | undefined): FollowOptions | null {
  if (wait === undefined) return null
  return wait === true ? {} : { forMs: wait }
}
