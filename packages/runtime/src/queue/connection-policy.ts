export const CONNECT_TIMEOUT_MS = 4000
/** Whoever adds a job has a client waiting: it hears soon that the queue is away. */
export const REQUEST_TIMEOUT_MS = 5000
/** A worker may wait, but not for ever on a connection that died without a word. */
export const WORKER_REQUEST_TIMEOUT_MS = 30_000
export const LONGEST_RECONNECT_MS = 1000

/** Nobody reads BullMQ's event stream, so little of it is kept. */
export const QUEUE_OPTIONS = { streams: { events: { maxLen: 100 } } } as const
