import { setTimeout as delay } from 'node:timers/promises'

/** Something that runs until it ends by itself or is stopped. */
export interface RunningProcess {
  /** Resolves to how it ended: `SIGKILL`, `exit code 1`. Never rejects. */
  readonly exited: Promise<string>
  /** Ends it within a deadline of its own, hard if it must be. */
  stop(): Promise<void>
}

export interface SuperviseOptions {
  /**
   * Starts it once and resolves when it is ready. Rejects when it ended before that, or when the signal asked to give
   * up, and then leaves nothing running.
   */
  readonly start: (signal: AbortSignal) => Promise<RunningProcess>
  readonly onEvent: (event: SupervisionEvent) => void
  readonly backoff?: Partial<Backoff>
}

export type SupervisionEvent =
  | { readonly kind: 'ended'; readonly how: string; readonly restartInMs: number }
  | { readonly kind: 'ready'; readonly isRestart: boolean }

export interface Backoff {
  /** how long it waits to start again what had run well */
  readonly firstMs: number
  /** the wait doubles with every early end, up to this */
  readonly longestMs: number
  /** having lived that long counts as having run well, once it ever was ready */
  readonly healthyAfterMs: number
  /** so many ends, however late, before it ever was ready are a failure that no repetition mends */
  readonly giveUpAfter: number
}

const BACKOFF: Backoff = { firstMs: 100, longestMs: 10_000, healthyAfterMs: 5_000, giveUpAfter: 3 }

export interface SupervisedProcess {
  /** Resolves when it is ready for the first time; rejects when it never came so far. */
  readonly ready: Promise<void>
  /** Ends it now, to be started anew at once. */
  restart(): Promise<void>
  /** Ends it for good. Rejects, once it has ended, where it did not end with exit code 0: something of it was cut. */
  stop(): Promise<void>
}

const CLEAN_END = 'exit code 0'

/** Keeps one process running: whenever it ends it is started again, after a wait that grows if it keeps ending. */
export function superviseProcess({ start, onEvent, backoff }: SuperviseOptions): SupervisedProcess {
  const { firstMs, longestMs, healthyAfterMs, giveUpAfter } = { ...BACKOFF, ...backoff }
  const stopping = new AbortController()
  let restarting = new AbortController()
  let current: RunningProcess | null = null
  let wasReady = false
  /** How it ended when it was to end for good, unless that was well. */
  let badEnd: string | null = null

  async function runOnce(onReady: () => void): Promise<string> {
    try {
      current = await start(AbortSignal.any([stopping.signal, restarting.signal]))
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    // It came through although it got the signal to give up.
    if (stopping.signal.aborted || restarting.signal.aborted) await current.stop()
    else onReady()
    const how = await current.exited
    current = null
    if (stopping.signal.aborted && how !== CLEAN_END) badEnd = how
    return how
  }

  /** Until it is stopped. Throws when it ends early again and again without ever having been ready. */
  async function runForever(onReady: () => void): Promise<void> {
    let earlyEnds = 0
    while (!stopping.signal.aborted) {
      const begunAt = performance.now()
      const how = await runOnce(onReady)
      if (stopping.signal.aborted) return
      if (restarting.signal.aborted) {
        restarting = new AbortController()
        continue
      }
      earlyEnds = wasReady && performance.now() - begunAt >= healthyAfterMs ? 0 : earlyEnds + 1
      if (!wasReady && earlyEnds >= giveUpAfter) throw new Error(how)
      const restartInMs = Math.min(longestMs, firstMs * 2 ** Math.max(0, earlyEnds - 1))
      onEvent({ kind: 'ended', how, restartInMs })
      await delay(restartInMs, undefined, { signal: stopping.signal }).catch(ignoreAbort)
    }
  }

  let ended = Promise.resolve()
  const ready = new Promise<void>((resolve, reject) => {
    const onReady = (): void => {
      onEvent({ kind: 'ready', isRestart: wasReady })
      wasReady = true
      resolve()
    }
    ended = runForever(onReady).then(() => reject(new Error('stopped before it was ready')), reject)
  })
  // Whoever stops it before that need not wait for it.
  ready.catch(() => undefined)

  return {
    ready,
    restart: async () => {
      restarting.abort(new Error('restarted'))
      await current?.stop()
    },
    stop: async () => {
      stopping.abort(new Error('stopped'))
      await current?.stop()
      await ended
      if (badEnd !== null) throw new Error(badEnd)
    },
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}

/** Tells the user about an event in a line. That something is ready for the first time goes without saying. */
export function reportEvent(name: string, event: SupervisionEvent, output: (line: string) => void): void {
  switch (event.kind) {
    case 'ended':
      output(`${name} ended (${event.how}); starting it again in ${event.restartInMs / 1000} s`)
      break
    case 'ready':
      if (event.isRestart) output(`${name} is back`)
      break
  }
}
