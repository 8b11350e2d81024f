import { READINESS_CHECKS, type IntakeDependencies, type ReadinessCheck } from '../dependencies.ts'

export interface Readiness {
  readonly status: 'ok' | 'unavailable'
  /** `ok`, or why not, in words that hold no address and no secret. */
  readonly checks: Readonly<Record<ReadinessCheck, string>>
}

const CHECK_TIMEOUT_MS = 2_000

/** Asks the database, the queue and the storage at the same time, each for at most 2 s. */
export async function checkReadiness({ readinessChecks, log }: IntakeDependencies): Promise<Readiness> {
  const results = await Promise.all(
    READINESS_CHECKS.map(async (name) => {
      const reason = await ask(readinessChecks[name])
      if (reason.error !== undefined) log.warn({ err: reason.error, check: name }, 'not ready')
      return [name, reason.text] as const
    }),
  )
  const checks = Object.fromEntries(results) as Record<ReadinessCheck, string>
  return { status: results.every(([, text]) => text === 'ok') ? 'ok' : 'unavailable', checks }
}

async function ask(check: () => Promise<unknown>): Promise<{ text: string; error?: unknown }> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<{ text: string; error: string }>((resolve) => {
    const text = `no answer within ${CHECK_TIMEOUT_MS} ms`
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, { text, error: text })
  })
  const answer = startCheck(check).then(
    () => ({ text: 'ok' }),
    (error: unknown) => ({ text: describeFailure(error), error }),
  )
  try {
    return await Promise.race([answer, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** A check that throws at once is one that rejects. */
async function startCheck(check: () => Promise<unknown>): Promise<void> {
  await check()
}

/** An error's words may hold an address with a password in it: only its code is told. */
function describeFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? `failed (${code})` : 'failed'
}
