import type { Job, JobsOptions, JobType, Processor, WorkerOptions } from 'bullmq'

/** Where BullMQ keeps its jobs: PostgreSQL or Redis. */
export interface QueueBackend {
  /** A queue over connections that fail fast. It does not own them. */
  openQueue(name: string): BackendQueue
  /** A worker with connections of its own, which wait for the server to come back. It does not run yet. */
  openWorker(name: string, processor: BackendProcessor, options: BackendWorkerOptions): BackendWorker
  /** Which of these jobs are in the queue, by one request however many they are. */
  findJobs(queueName: string, jobIds: readonly string[]): Promise<string[]>
  /** Rejects when the server does not answer in time, or is not ready to hold jobs. */
  ping(): Promise<void>
  close(): Promise<void>
}

export type BackendJob = Job<unknown, unknown, string, number>
export type BackendProcessor = Processor<unknown, unknown, string, number>
export type BackendWorkerOptions = Omit<WorkerOptions, 'connection'>

/** The part of BullMQ's Queue that is used, which does not differ by backend. */
export interface BackendQueue {
  waitUntilReady(): Promise<unknown>
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>
  addBulk(jobs: { name: string; data: unknown; opts: JobsOptions }[]): Promise<unknown>
  getJobCountByTypes(...types: JobType[]): Promise<number>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}

/** The part of BullMQ's Worker that is used, which does not differ by backend. */
export interface BackendWorker {
  waitUntilReady(): Promise<unknown>
  run(): Promise<void>
  pause(doNotWaitActive?: boolean): Promise<void>
  close(force?: boolean): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'stalled', listener: (jobId: string) => void): unknown
}

/** Nobody reads BullMQ's event stream, so little of it is kept. */
export const QUEUE_OPTIONS = { streams: { events: { maxLen: 100 } } } as const
