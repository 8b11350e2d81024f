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
 * is met by the jobs themselves, which wait for it. Gives how to stop: that throws where jobs had to be left running.
 */
export function takeJobs({
  identity,
  consume,
  onStorageUnavailable,
  log,
  closeDeadlineMs,
}: TakeJobsOptions): () => Promise<void> {
  let consumers: readonly Consumer[] = []
  const closeAll = async (): Promise<boolean> => {
    const closing = consumers
    consumers = []
    const ended = await Promise.all(closing.map(async (consumer) => consumer.close({ deadlineMs: closeDeadlineMs })))
    return !ended.includes(false)
  }
  let reported = ''
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let looking = Promise.resolve()

  async function look(): Promise<void> {
    try {
      await identity.verify(0)
      if (stopped) return
      if (reported !== '') log.info('the storage is the one of this database: taking jobs again')
      reported = ''
      if (consumers.length === 0) consumers = consume()
    } catch (error) {
      const isWrong = error instanceof WrongStorageError
      report(isWrong ? error.advice : 'database and storage have to answer first', error)
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

  function next(): void {
    looking = look().finally(() => {
      if (!stopped) timer = setTimeout(next, LOOK_AGAIN_MS)
    })
  }

  next()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await looking
    requireEnded(await closeAll())
  }
}

/** Throws where jobs had to be left running: a stop that leaves some is no clean one. */
export function requireEnded(allEnded: boolean): void {
  if (!allEnded) throw new Error('jobs still ran at the end of their time; other workers go on with them')
}
