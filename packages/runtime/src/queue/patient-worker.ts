import { Worker, type IQueueBackend, type Job } from 'bullmq'

/** How long a worker rests after a failed look for a job. */
const REST_MS = 500
/** The longest wait for a notice of a new job. */
const MAX_BLOCK_SECONDS = 5

/**
 * BullMQ's worker asks for its next job again at once when that failed with an answer (a database that is starting up,
 * a Redis that is full), as fast as the processor can, and after a failed wait it may wait for its next notice for an
 * hour. This one rests, and looks every few seconds whatever it was told.
 */
export class PatientWorker<Backend extends IQueueBackend, Connection> extends Worker<
  unknown,
  unknown,
  string,
  Backend,
  number,
  Connection
> {
  protected override async moveToActive(token: string, name?: string): Promise<Job<unknown, unknown, string, number>> {
    try {
      return await super.moveToActive(token, name)
    } catch (error) {
      if (!this.closing) await this.delay(REST_MS)
      throw error
    }
  }

  override get maximumBlockTimeout(): number {
    return Math.min(super.maximumBlockTimeout, MAX_BLOCK_SECONDS)
  }
}
