import { UnavailableError } from '@importer/contracts'

/** The queue's database or Redis did not answer in time, or refused. The same call may succeed later. */
export class QueueUnavailableError extends UnavailableError {
  override readonly name = 'QueueUnavailableError'

  constructor(message: string, options?: ErrorOptions) {
    super('QUEUE_UNAVAILABLE', message, options)
  }
}
