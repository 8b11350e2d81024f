import type { Logger } from './log.ts'
import { withTimeout } from './with-timeout.ts'

export interface Shutdown {
  /** Aborted once stopping has begun, before anything is released: `/readyz` is 503 from then on. */
  readonly signal: AbortSignal
  /** Remembers how to release what was just acquired. Once stopping has begun it is released at once, in the same order. */
  add(name: string, release: () => Promise<void> | void): void
  /**
   * Releases everything in reverse order. Called again, it gives the first call's promise.
   * Resolves to whether all was released without an error before the deadline; never rejects.
   */
  run(reason: string): Promise<boolean>
}

export interface ShutdownOptions {
  readonly log: Logger
  /** For all releases together, from the call of `run`. */
  readonly deadlineMs: number
}

/** Connections and the like are closed within this time, behind the work that is under way. */
const MAX_CLOSING_MS = 2_000

export interface ShutdownTimes {
  readonly deadlineMs: number
  /** For what is under way. */
  readonly workMs: number
  /** Of the time behind that, in which connections are closed: for reporting what the process has done. */
  readonly reportMs: number
}

/**
 * How long a process that is to end within `timeoutSeconds` may wait for what: the work comes first, and then there is time
 * to close its connections.
 */
export function divideShutdown(timeoutSeconds: number): ShutdownTimes {
  const deadlineMs = timeoutSeconds * 1000
  const closingMs = Math.min(MAX_CLOSING_MS, deadlineMs / 4)
  return { deadlineMs, workMs: deadlineMs - closingMs, reportMs: closingMs / 2 }
}

interface Releaser {
  readonly name: string
  readonly release: () => Promise<void> | void
}

/**
 * What a process has acquired, to be given back in reverse order, also when its start failed half-way.
 * The caller exits afterwards: what did not answer by the deadline is abandoned.
 */
export function createShutdown({ log, deadlineMs }: ShutdownOptions): Shutdown {
  const releasers: Releaser[] = []
  const stopping = new AbortController()
  let running: Promise<boolean> | undefined
  let settled = false

  function add(name: string, release: Releaser['release']): void {
    releasers.push({ name, release })
    // Too late for the run that is over: a start that went on while the process got the signal to stop.
    if (settled)
      releaseAll(Date.now() + deadlineMs).catch((error: unknown) => log.error({ err: error }, 'release failed'))
  }

  function run(reason: string): Promise<boolean> {
    running ??= (async () => {
      log.info({ reason }, 'stopping')
      stopping.abort()
      const clean = await releaseAll(Date.now() + deadlineMs)
      settled = true
      log.info({ clean }, 'stopped')
      return clean
    })()
    return running
  }

  async function releaseAll(deadline: number): Promise<boolean> {
    let clean = true
    for (let next = releasers.pop(); next; next = releasers.pop()) {
      const remainingMs = deadline - Date.now()
      if (remainingMs <= 0) {
        const abandoned = [next.name, ...releasers.splice(0).map(({ name }) => name)]
        log.error({ abandoned, deadlineMs }, 'the deadline passed before everything was released')
        return false
      }
      clean = (await releaseOne(next, remainingMs)) && clean
    }
    return clean
  }

  async function releaseOne({ name, release }: Releaser, timeoutMs: number): Promise<boolean> {
    try {
      const released = (async () => release())()
      await withTimeout(released, timeoutMs, () => new Error(`not released within ${timeoutMs} ms`))
      log.debug({ released: name }, 'released')
      return true
    } catch (error) {
      log.error({ err: error, releasing: name }, 'release failed')
      return false
    }
  }

  return { signal: stopping.signal, add, run }
}

/** What `listenForSignals` needs of a process. */
export interface SignalSource {
  readonly connected?: boolean
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/**
 * Calls `stop` once, when the process gets the signal to end: SIGTERM, SIGINT, or the end of the IPC channel to the process
 * that started it, if there is one, so that no orphan keeps a port or a job. Later signals are ignored: the deadline of
 * the shutdown bounds the wait. Returns how to stop listening.
 */
export function listenForSignals(stop: (reason: string) => void, source: SignalSource = process): () => void {
  let isStopping = false
  const events = source.connected === true ? ['SIGTERM', 'SIGINT', 'disconnect'] : ['SIGTERM', 'SIGINT']
  const listeners = events.map((event) => ({
    event,
    listener: () => {
      if (isStopping) return
      isStopping = true
      stop(event)
    },
  }))
  for (const { event, listener } of listeners) source.on(event, listener)
  return () => {
    for (const { event, listener } of listeners) source.off(event, listener)
  }
}

/**
 * Ends the process by `exit` on an error that nobody caught, a rejected promise included, after one line in the log that
 * names the error and its causes. What the process was doing is unknown then; what is committed is not. Node's warnings
 * become lines of the log too.
 */
export function endOnUncaughtError(log: Logger, exit: () => void): void {
  // Node writes its warnings as plain text of several lines, between those of the log.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.warn({ err: warning }, 'Node warns'))
  process.on('uncaughtException', (error: unknown, origin) => {
    log.fatal(
      { err: error, origin },
      'uncaught error, the process ends; started again it goes on from what is committed',
    )
    exit()
  })
}
