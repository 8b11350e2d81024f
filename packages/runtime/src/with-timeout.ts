/**
 * Whether `promise` resolves before `timeoutMs` have passed. Rejects where it does within that time. What it stands for
 * goes on in any case.
 */
export async function resolvesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false)
  })
  try {
    return await Promise.race([promise.then(() => true), timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Settles as `promise` does, or rejects with the error of `timedOut` once `timeoutMs` have passed. */
export async function withTimeout<T>(promise: Promise<T>, timeoutMs: number, timedOut: () => Error): Promise<T> {
  if (!(await resolvesWithin(promise, timeoutMs))) throw timedOut()
  return promise
}
