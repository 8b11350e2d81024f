/**
 * Settles as `work` does, or rejects with the signal's reason before that. What was begun goes on until the process ends: only for
 * work that leaves nothing behind.
 */
export async function untilAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    const settled = work.then(resolve, reject)
    settled.finally(() => signal.removeEventListener('abort', giveUp)).catch(reject)
  })
}
