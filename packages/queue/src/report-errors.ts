import { ErrorCode } from 'bullmq'

import type { Logger } from '@importer/runtime'

/** The same message is written at most so often: a server that is away is reported by every connection, again and again. */
const REPEAT_MS = 5000

const LOST_LOCK_CODES: readonly unknown[] = [
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
]

/** Logs what goes wrong inside the queue, where no caller gets an exception. */
export function createErrorReporter(log: Logger, now: () => number = Date.now): (error: Error) => void {
  const reported = new Map<string, { at: number; left: number }>()

  return (error) => {
    const message = describeError(error)
    const last = reported.get(message)
    if (last && now() - last.at < REPEAT_MS) {
      last.left += 1
      return
    }
    for (const [old, { at }] of reported) if (now() - at >= REPEAT_MS) reported.delete(old)
    reported.set(message, { at: now(), left: 0 })
    const fields = { err: error, ...(last && last.left > 0 && { leftOut: last.left }) }
    if (isLostLock(error)) {
      // Another worker took the job, or the queue forgot it. The database fences whoever lost, so nothing is wrong yet.
      log.warn(fields, 'this worker has lost the lock of a job')
      return
    }
    log.error(fields, 'the queue reports an error')
  }
}

function isLostLock(error: Error): boolean {
  return (
    ('code' in error && LOST_LOCK_CODES.includes(error.code)) ||
    error.message.startsWith('could not renew lock for job')
  )
}

/** Node gives an AggregateError without a message when a name has several addresses and none answers. */
function describeError(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  return `${code} ${error.message}`
}
