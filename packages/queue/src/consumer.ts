import { setTimeout as delay } from 'node:timers/promises'

import {
  computeBackoffMs,
  JOBS,
  MAX_STALLED_COUNT,
  readJobPayload,
  type JobName,
  type JobPayload,
  type ReadPayload,
} from '@importer/contracts'
import { DelayedError, UnrecoverableError, WaitingError } from 'bullmq'

import { createOccasionalWarning, type Logger, withTimeout } from '@importer/runtime'

import type { BackendJob, BackendWorker, QueueBackend } from './backend.ts'
import type { LockTimes } from './lock-times.ts'

/** How long an idle worker waits for a notice of a new job before it looks for itself, in seconds. */
const DRAIN_DELAY_SECONDS = 2
const RETRY_MS = 1000
/** After how long a job of a later version is offered again: to all workers, of which some may be of that version. */
const NEWER_DELAY_MS = 2000
const CLOSE_DEADLINE_MS = 10_000
/** For BullMQ's own part of closing, after the processors are done or given up. */
const DISCONNECT_DEADLINE_MS = 2000

export interface JobContext {
  /** Aborted when the consumer closes. A processor that stops early because of it throws: to return means done. */
  readonly signal: AbortSignal
  readonly jobId: string
  /** 1 at first; grows with every failure, not with every take-over from a dead worker. */
  readonly attempt: number
}

/**
 * Does the work of one job. It may run again for the same job, even at the same time, when another worker took over: the
 * database fences. What it throws is logged and the job is tried again, after 1 s at first and 30 s at most.
 */
export type JobProcessor<Name extends JobName> = (payload: JobPayload<Name>, context: JobContext) => Promise<void>

export interface ConsumerOptions {
  /** How many jobs this process works on at once. */
  readonly concurrency: number
}

export interface Consumer {
  /**
   * Takes no more jobs, aborts the signal of the running ones and gives those that stop back to the queue, for another
   * worker to take at once. Resolves by the deadline (10 s unless given, and 2 s to disconnect): what still runs then is
   * left to itself, and taken over once this process has ended. Tells whether nothing did. Never rejects.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<boolean>
}

interface ConsumerParts<Name extends JobName> {
  readonly jobName: Name
  readonly backend: QueueBackend
  readonly processor: JobProcessor<Name>
  readonly options: ConsumerOptions
  readonly lockTimes: LockTimes
  readonly log: Logger
  readonly reportError: (error: Error) => void
}

export function startConsumer<Name extends JobName>(parts: ConsumerParts<Name>): Consumer {
  const { jobName, backend, processor, options, lockTimes, reportError } = parts
  const { queue } = JOBS[jobName]
  const log = parts.log.child({ queue })
  const warnOfNewer = createOccasionalWarning((unreported, jobId: string | undefined, version: number) => {
    const what = 'the payload of a job is newer than this worker: it is left to a newer one; replace this worker'
    log.warn({ ...unreported, jobId, version, knownVersion: JOBS[jobName].version }, what)
  })
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let worker: BackendWorker | undefined
  let closing: Promise<boolean> | undefined

  async function takeJob(job: BackendJob, token = ''): Promise<void> {
    const read = readJobPayload(jobName, job.data)
    if (stopping.signal.aborted) return giveBack(job, token, read)
    if (read.status === 'newer') return leaveToNewer(job, token, read.version)
    if (read.status === 'unreadable') {
      log.error({ jobId: job.id, err: read.error }, 'a job has a payload that cannot be read and is dropped')
      throw new UnrecoverableError('the payload cannot be read')
    }
    const context = { signal: stopping.signal, jobId: job.id ?? '', attempt: job.attemptsMade + 1 }
    const work = (async () => processor(read.payload, context))()
    running.add(work)
    try {
      await work
    } catch (error) {
      if (stopping.signal.aborted) return await giveBack(job, token, read)
      log.error({ err: error, ...nameJob(job, read), attempt: context.attempt }, 'a job failed and will be tried again')
      throw error
    } finally {
      running.delete(work)
    }
  }

  async function giveBack(job: BackendJob, token: string, read: ReadPayload<Name>): Promise<never> {
    await job.moveToWait(token)
    log.info(nameJob(job, read), 'a job was given back to the queue')
    throw new WaitingError()
  }

  /** Workers of both versions take from the queue while one replaces the other: soon a newer one has it. */
  async function leaveToNewer(job: BackendJob, token: string, version: number): Promise<never> {
    await job.moveToDelayed(Date.now() + NEWER_DELAY_MS, token)
    warnOfNewer(job.id, version)
    throw new DelayedError()
  }

  /** BullMQ remembers for ever that it could not connect at first, so a worker that ends by itself is replaced. */
  async function keepRunning(): Promise<void> {
    while (!stopping.signal.aborted) {
      const opened = openWorker()
      worker = opened
      try {
        await opened.waitUntilReady()
        log.info({ concurrency: options.concurrency }, 'taking jobs')
        await opened.run()
      } catch (error) {
        reportError(toError(error))
      }
      if (stopping.signal.aborted) return
      await disconnect(opened, true)
      await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  function openWorker(): BackendWorker {
    const opened = backend.openWorker(queue, takeJob, {
      ...lockTimes,
      maxStalledCount: MAX_STALLED_COUNT,
      autorun: false,
      concurrency: options.concurrency,
      drainDelay: DRAIN_DELAY_SECONDS,
      runRetryDelay: RETRY_MS,
      settings: { backoffStrategy: (attemptsMade) => computeBackoffMs(attemptsMade) },
    })
    opened.on('error', reportError)
    opened.on('stalled', (jobId) => log.warn({ jobId }, 'the worker of a job is gone; another one takes it over'))
    return opened
  }

  async function stop(deadlineMs: number): Promise<boolean> {
    stopping.abort(new Error('the worker is stopping'))
    const current = worker
    if (!current) return true
    await current.pause(true)
    let finished = true
    try {
      await withTimeout(
        Promise.allSettled(running),
        deadlineMs,
        () => new Error(`jobs still ran after ${deadlineMs} ms`),
      )
    } catch (error) {
      finished = false
      log.warn({ err: error, left: running.size }, 'closing without waiting any longer')
    }
    await disconnect(current, !finished)
    return finished
  }

  /** Bounded, as BullMQ waits for connections that may never come back. */
  async function disconnect(opened: BackendWorker, force: boolean): Promise<void> {
    const closed = opened.close(force)
    closed.catch(reportError)
    const timedOut = () => new Error(`the worker did not disconnect within ${DISCONNECT_DEADLINE_MS} ms`)
    await withTimeout(closed, DISCONNECT_DEADLINE_MS, timedOut).catch((error: unknown) => reportError(toError(error)))
  }

  keepRunning().catch((error: unknown) => reportError(toError(error)))

  return {
    close({ deadlineMs = CLOSE_DEADLINE_MS } = {}) {
      closing ??= stop(deadlineMs).catch((error: unknown) => {
        reportError(toError(error))
        return false
      })
      return closing
    },
  }
}

/** For the log: its id, and those of its payload. */
function nameJob<Name extends JobName>(job: BackendJob, read: ReadPayload<Name>): object {
  return { jobId: job.id, ...(read.status === 'read' && read.payload) }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
