import { UnavailableError } from '@importer/contracts'
import { SchemaFaultError, TransactionPoolerError } from '@importer/db'
import { WrongStorageError } from '@importer/file-store'
import { resolvesWithin, type Logger } from '@importer/runtime'

/** What the process stands on, by name; each rejects when that part does not answer. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>

/** The process itself is not as far yet; the message says what is missing, for everyone to read. */
export class StillStartingError extends Error {
  override readonly name = 'StillStartingError'
}

interface CheckResult {
  readonly ok: boolean
  /** Null, or why not, in words that hold no address and no secret. */
  readonly reason: string | null
}

export interface Readiness {
  readonly status: 'ok' | 'unavailable'
  readonly checks: Readonly<Record<string, CheckResult>>
}

const CHECK_TIMEOUT_MS = 2_000

const STOPPING: Readiness = {
  status: 'unavailable',
  checks: { process: { ok: false, reason: 'the process is stopping; others take over its work' } },
}

/**
 * Asks all of them at the same time, each for at most 2 s. A process that is to end, as `stopping` says, is not ready, whatever
 * it stands on.
 */
export async function checkReadiness(
  checks: ReadinessChecks,
  log: Pick<Logger, 'warn'>,
  stopping?: AbortSignal,
): Promise<Readiness> {
  if (stopping?.aborted === true) return STOPPING
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, probe]) => {
      const { error, ...result } = await check(probe)
      if (!result.ok) log.warn({ err: error, check: name, reason: result.reason }, 'not ready')
      return [name, result] as const
    }),
  )
  const isReady = results.every(([, { ok }]) => ok)
  return { status: isReady ? 'ok' : 'unavailable', checks: Object.fromEntries(results) }
}

async function check(request: () => Promise<unknown>): Promise<CheckResult & { error?: unknown }> {
  const answer = start(request).then(
    () => ({ ok: true, reason: null }),
    (error: unknown) => ({ ok: false, reason: describeFailure(error), error }),
  )
  if (await resolvesWithin(answer, CHECK_TIMEOUT_MS)) return answer
  return { ok: false, reason: `no answer within ${CHECK_TIMEOUT_MS} ms` }
}

/** A check that throws at once is one that rejects. */
async function start(request: () => Promise<unknown>): Promise<void> {
  await request()
}

/** What an operator needs and everyone may read. Other words may hold an address with a password in it. */
function describeFailure(error: unknown): string {
  if (error instanceof SchemaFaultError || error instanceof WrongStorageError) return error.message
  if (error instanceof StillStartingError || error instanceof TransactionPoolerError) return error.message
  const code = findCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return `no room is left to store files (${code})`
  return code === undefined ? 'failed' : `failed (${code})`
}

/** The code of the innermost error, which says more than that a peer is unavailable. */
function findCode(error: unknown): string | undefined {
  let code: string | undefined
  for (let current = error, depth = 0; current instanceof Error && depth < 6; depth += 1) {
    const own = 'code' in current ? current.code : undefined
    const isWrapper = current instanceof UnavailableError && code !== undefined
    if (typeof own === 'string' && /^\w{1,40}$/.test(own) && !isWrapper) code = own
    current = current.cause
  }
  return code
}
