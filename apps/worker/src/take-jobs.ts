import { setTimeout as delay } from 'node:timers/promises'

import { UnavailableError } from '@importer/contracts'
import type { StorageIdentity } from '@importer/imports'
import { WrongStorageError } from '@importer/file-store'
import type { Consumer } from '@importer/queue'
import type { Logger } from '@importer/runtime'

export interface TakeJobsOptions {
  readonly identity: StorageIdentity
  /** Begins to take jobs that need the storage. */
  readonly consume: () => readonly Consumer[]
  /** Hears every time that the storage could not be used. Never rejects. */
  readonly onStorageUnavailable: (error: unknown) => Promise<void>
  readonly log: Logger
  /** How long jobs that run may take to come to a stop. */
  readonly closeDeadlineMs: number
}

const LOOK_AGAIN_MS = 5_000

/**
 * Takes jobs once storage and database have answered and the storage has proved to belong to the database; looks again
 * regularly, begins by itself when it does, and stops when another storage is there. A storage that goes away meanwhile
 * is met by the jobs themselves, which wait for it. Returns a function that stops it: true when every job has ended
 * within its deadline. That function never rejects.
 */
export function takeJobs({
  identity,
  consume,
  onStorageUnavailable,
  log,
  closeDeadlineMs,
}: TakeJobsOptions): () => Promise<boolean> {
  let consumers: readonly Consumer[] = []
  const closeAll = async (): Promise<boolean> => {
    const ended = await Promise.all(consumers.map(async (consumer) => consumer.close({ deadlineMs: closeDeadlineMs })))
    consumers = []
    return !ended.includes(false)
  }
  let reported = ''
  const stopping = new AbortController()

  async function look(): Promise<void> {
    try {
      await identity.verify(0)
      if (stopping.signal.aborted) return
      if (reported !== '') log.info('the storage is the one of this database: taking jobs again')
      reported = ''
      if (consumers.length === 0) consumers = consume()
    } catch (error) {
      if (stopping.signal.aborted) return
      const isWrong = error instanceof WrongStorageError
      const advice = error instanceof UnavailableError ? error.advice : undefined
      report(advice ?? 'database and storage have to answer first', error)
      if (isWrong) await closeAll()
      await onStorageUnavailable(error)
    }
  }

  /** Once for each reason, however long it lasts. */
  function report(what: string, error: unknown): void {
    const reason = error instanceof Error ? `${error.message} ${what}` : what
    if (reason === reported) return
    reported = reason
    const isTaking = consumers.length > 0 && !(error instanceof WrongStorageError)
    if (error instanceof WrongStorageError) log.error(`no job is taken: ${what}`)
    else log.warn({ err: error }, isTaking ? 'imports wait for the storage' : `no job is taken: ${what}`)
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look()
      await delay(LOOK_AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  keepLooking().catch((error: unknown) => log.error({ err: error }, 'the storage is looked at no more'))
  return async () => {
    // A look that is under way begins nothing any more: a storage that is silent keeps no consumer from its end.
    stopping.abort()
    return closeAll()
  }
}
