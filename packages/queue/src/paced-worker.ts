import { Worker, type IQueueBackend, type Job } from 'bullmq'

/** How long a worker pauses after a failed look for a job. */
const PAUSE_MS = 500
/** The longest wait for a notification of a new job. */
const MAX_BLOCK_SECONDS = 5

/**
 * BullMQ's worker asks for its next job again at once when that failed with an answer (a database that is starting up,
 * a Redis that is full), as fast as the processor can, and after a failed wait it may wait for its next notification
 * for an hour. This one pauses, and looks every few seconds, notified or not.
 */
export class PacedWorker<Backend extends IQueueBackend, Connection> extends Worker<
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
      if (!this.closing) await this.delay(PAUSE_MS)
      throw error
    }
  }

  override get maximumBlockTimeout(): number {
    return Math.min(super.maximumBlockTimeout, MAX_BLOCK_SECONDS)
  }
}
