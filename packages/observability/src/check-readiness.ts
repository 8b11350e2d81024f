import { resolvesWithin, type Logger } from '@importer/runtime'

import { describeFailure } from './describe-failure.ts'

/** What the process stands on, by name; each rejects when that part does not answer. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>

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
 * Asks at the same time all of them but those that the request's URL excludes (`/readyz?exclude=queue&exclude=storage`, as
 * Kubernetes' own API server has it), each for at most 2 s. A name that there is not excludes nothing. A process that is to end, as
 * `stopping` says, is not ready, whatever it stands on.
 */
export async function checkReadiness(
  checks: ReadinessChecks,
  log: Pick<Logger, 'warn'>,
  { url = '', stopping }: { readonly url?: string | undefined; readonly stopping: AbortSignal },
): Promise<Readiness> {
  if (stopping.aborted) return STOPPING
  const excluded = new URLSearchParams(url.split('?')[1]).getAll('exclude')
  const wanted = Object.entries(checks).filter(([name]) => !excluded.includes(name))
  const results = await Promise.all(
    wanted.map(async ([name, probe]) => {
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
