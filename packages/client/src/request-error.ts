import { compatibleErrors, problem } from './views.ts'

/** A request that was refused or not answered, in one line for the user. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }

  /** Whether the same request may succeed a little later. */
  get mayPass(): boolean {
    return this.status === null || this.status >= 500
  }
}

/** Says why a request was refused, in the server's own words where it has some. */
export async function describeRefusal(what: string, answer: Response): Promise<RequestError> {
  const text = await answer.text().catch(() => '')
  const reasons = readReasons(text)
  const reason = reasons.length === 0 ? 'it gives no reason' : reasons.join('; ')
  return new RequestError(`${what} is refused with HTTP ${answer.status}: ${reason}`, answer.status)
}

/** Says that nobody answered. `error` is what `fetch` rejected with. */
export function describeUnreachable(url: string, error: unknown): RequestError {
  return new RequestError(`${url} does not answer (${findCode(error)}); expected a running importer there`, null, {
    cause: error,
  })
}

function readReasons(text: string): string[] {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // A proxy's page, perhaps: its words are not ours to repeat.
    return []
  }
  const compatible = compatibleErrors.safeParse(body)
  if (compatible.success) return compatible.data.errors.map(({ message }) => message)
  const native = problem.safeParse(body)
  if (!native.success) return []
  return native.data.errors?.map(({ message }) => message) ?? [native.data.detail]
}

/** fetch hides the reason in a cause, and that of several addresses in a cause's list. */
function findCode(error: unknown): string {
  for (let next = error; next instanceof Error; next = next.cause) {
    if ('code' in next && typeof next.code === 'string') return next.code
    if (next.cause === undefined) return next.message
  }
  return String(error)
}
