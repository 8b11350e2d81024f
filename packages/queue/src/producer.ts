import { LIMITS } from '@importer/connections'
import { JOB_OPTIONS, JOBS, writeJobPayload, type JobName, type JobPayload } from '@importer/contracts'

import { withTimeout } from '@importer/runtime'

import type { BackendQueue, QueueBackend } from './backend.ts'
import { QueueUnavailableError } from './queue-unavailable-error.ts'

/** BullMQ's largest. */
const MAX_PRIORITY = 2_097_151

export interface EnqueueOptions {
  /** While a job of this id waits or runs, adding another one changes nothing. Letters, digits, `-`, `_`, `.`, no bare number. */
  readonly jobId: string
  /** From 0, which goes first and is the default, to 2097151, which goes last. Equals go in the order of adding. */
  readonly priority?: number
}

/** Adds jobs of one name. Everything answers or fails with a QueueUnavailableError within 5 s. */
export interface Producer<Name extends JobName> {
  enqueue(payload: JobPayload<Name>, options: EnqueueOptions): Promise<void>
  /** Adds many by one request, in this order; those whose id is in the queue already are left as they are. */
  enqueueAll(jobs: readonly { readonly payload: JobPayload<Name>; readonly jobId: string }[]): Promise<void>
  /** Whether a job of this id waits, is delayed or runs. */
  hasJob(jobId: string): Promise<boolean>
  /** Which of these jobs do, by one request. */
  findJobs(jobIds: readonly string[]): Promise<ReadonlySet<string>>
  /** How many jobs could start now if there were a worker for them: neither the delayed nor the running ones. */
  countWaiting(): Promise<number>
}

export interface ClosableProducer<Name extends JobName> extends Producer<Name> {
  close(): Promise<void>
}

export function createProducer<Name extends JobName>(
  jobName: Name,
  backend: QueueBackend,
  reportError: (error: Error) => void,
): ClosableProducer<Name> {
  const { queue: queueName } = JOBS[jobName]
  let queue: BackendQueue | undefined

  async function perform<T>(what: string, request: (queue: BackendQueue) => Promise<T>): Promise<T> {
    const answer = openQueue().then(request)
    const timedOut = () => new Error(`no answer within ${LIMITS.queue.requestMs} ms`)
    try {
      return await withTimeout(answer, LIMITS.queue.requestMs, timedOut)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new QueueUnavailableError(`the queue ${queueName} cannot ${what}: ${reason}`, { cause: error })
    }
  }

  /** BullMQ remembers for ever that it could not connect at first: such a queue is thrown away. */
  async function openQueue(): Promise<BackendQueue> {
    if (!queue) {
      queue = backend.openQueue(queueName)
      queue.on('error', reportError)
    }
    const opened = queue
    try {
      await opened.waitUntilReady()
    } catch (error) {
      if (queue === opened) queue = undefined
      opened.close().catch(reportError)
      throw error
    }
    return opened
  }

  return {
    async enqueue(payload, { jobId, priority = 0 }) {
      const data = writeJobPayload(jobName, payload)
      checkJobId(jobId)
      if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
        throw new RangeError(`the priority ${priority} is no whole number from 0 to ${MAX_PRIORITY}`)
      }
      const options = { ...JOB_OPTIONS, jobId, priority }
      await perform('take a job', (opened) => opened.add(jobName, data, options))
    },
    async enqueueAll(jobs) {
      const entries = jobs.map(({ payload, jobId }) => {
        checkJobId(jobId)
        return { name: jobName, data: writeJobPayload(jobName, payload), opts: { ...JOB_OPTIONS, jobId } }
      })
      await perform('take jobs', (opened) => opened.addBulk(entries))
    },
    async hasJob(jobId) {
      checkJobId(jobId)
      return (await perform('be searched', () => backend.findJobs(queueName, [jobId]))).length > 0
    },
    async findJobs(jobIds) {
      jobIds.forEach(checkJobId)
      return new Set(await perform('be searched', () => backend.findJobs(queueName, jobIds)))
    },
    async countWaiting() {
      return perform('be counted', (opened) => opened.getJobCountByTypes('waiting', 'prioritized'))
    },
    async close() {
      await queue?.close()
    },
  }
}

function checkJobId(jobId: string): void {
  if (!/^(?!\d+$)[\w.-]{1,200}$/.test(jobId)) throw new TypeError(`"${jobId}" is no job id`)
}
