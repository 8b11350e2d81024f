/** The queue's database or Redis did not answer in time, or refused. The same call may succeed later. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError'
  readonly code = 'QUEUE_UNAVAILABLE'
}
