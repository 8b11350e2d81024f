import { sweep, type SweepOptions } from '@importer/imports'

const SWEEP_EVERY_MS = 15_000

/** Sweeps at once and then regularly, one sweep at a time. Gives how to stop, which waits for the one under way. */
export function startSweeping(options: SweepOptions): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  const run = (): void => {
    running = sweep(options)
      .then(
        () => undefined,
        (error: unknown) => options.log.warn({ err: error }, 'a sweep failed; the next one tries again'),
      )
      .finally(() => {
        if (!stopped) timer = setTimeout(run, SWEEP_EVERY_MS)
      })
  }
  run()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
