/** Nobody reads BullMQ's event stream, so little of it is kept. */
export const QUEUE_OPTIONS = { streams: { events: { maxLen: 100 } } } as const
