import { problemView } from '@importer/contracts'
import { z } from 'zod'

/** What the native API says of a request that failed. */
export type Problem = z.output<typeof problemView>

/** As far as words are made of it. */
const nativeProblem = z.object({
  detail: z.string(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})

/** How the compatible API says that a request failed. */
const compatibleProblem = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) })

export interface RequestErrorDetails extends ErrorOptions {
  readonly problem?: Problem
  readonly retryAfterSeconds?: number
}

/** A request that was refused or not answered, in one line for the user. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null
  /** What the native API answered; null: it was something else. */
  readonly problem: Problem | null
  /** When the server wants to be asked again; null: it does not say. */
  readonly retryAfterSeconds: number | null

  constructor(
    message: string,
    status: number | null,
    { problem, retryAfterSeconds, ...options }: RequestErrorDetails = {},
  ) {
    super(message, options)
    this.status = status
    this.problem = problem ?? null
    this.retryAfterSeconds = retryAfterSeconds ?? null
  }

  /** Stable; null where the answer has none. */
  get code(): string | null {
    return this.problem?.code ?? null
  }

  /** Whether the same request may succeed a little later. */
  get mayPass(): boolean {
    return this.status === null || this.status === 429 || this.status >= 500
  }
}

/** Says why a request was refused, in the server's own words where it has some. */
export async function describeRefusal(what: string, answer: Response): Promise<RequestError> {
  const text = await answer.text().catch(() => '')
  return explainRefusal(what, answer.status, text, answer.headers.get('Retry-After'))
}

export function explainRefusal(what: string, status: number, text: string, retryAfter: string | null): RequestError {
  const { reasons, problem } = readReasons(text)
  const reason = reasons.length === 0 ? 'it gives no reason' : reasons.join('; ')
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter)
  return new RequestError(`${what} is refused with HTTP ${status}: ${reason}`, status, {
    ...(problem === null ? {} : { problem }),
    ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
  })
}

/** Says that nobody answered. `error` is what `fetch` rejected with. */
export function describeUnreachable(url: string, error: unknown): RequestError {
  return new RequestError(`${url} does not answer (${findCode(error)}); expected a running importer there`, null, {
    cause: error,
  })
}

function readReasons(text: string): { reasons: string[]; problem: Problem | null } {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // A proxy's page, perhaps: its words are not ours to repeat.
    return { reasons: [], problem: null }
  }
  const native = nativeProblem.safeParse(body)
  if (native.success) {
    const { errors, detail } = native.data
    const problem = z.looseObject(problemView.shape).safeParse(body)
    return { reasons: errors?.map(({ message }) => message) ?? [detail], problem: problem.data ?? null }
  }
  const compatible = compatibleProblem.safeParse(body)
  return { reasons: compatible.success ? compatible.data.errors.map(({ message }) => message) : [], problem: null }
}

/** fetch hides the reason in a cause, and that of several addresses in a cause's list. */
function findCode(error: unknown): string {
  for (let next = error; next instanceof Error; next = next.cause) {
    if ('code' in next && typeof next.code === 'string') return next.code
    if (next.cause === undefined) return next.message
  }
  return String(error)
}
