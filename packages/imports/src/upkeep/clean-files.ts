import { findUnknownFileKeys, type Database } from '@importer/db'
import { formatHour, PERIOD_MS, type FileStore } from '@importer/file-store'
import type { Logger } from '@importer/runtime'

export interface CleanOptions {
  readonly database: Database
  readonly store: FileStore
  readonly log: Logger
  /** Epoch milliseconds; by default now. */
  readonly now?: number
}

export interface CleanResult {
  readonly unfinishedFiles: number
  readonly orphanedFiles: number
  /** Nothing is left to do for uploads that began before, in epoch milliseconds: the next round begins here. */
  readonly reached: number
}

/** Where the first round of all begins: what an older version left before was cleaned by it. */
const FIRST_LOOK_MS = 72 * 3_600_000
/** After a long standstill, so many hours are caught up with in one round. */
const MOST_HOURS = 200
/** By how much the clocks of the storage and of the processes may differ. */
const CLOCKS_DIFFER_MS = 600_000
const ORPHAN_PAGE = 500
/** A process is done with its probe at once, unless it is frozen in between. */
const PROBE_DEAD_MS = 3_600_000

/**
 * Removes uploads whose writer died half-way, probes that a dead process left, and stored files that belong to no import and whose request is dead. An
 * hour's uploads are looked at until nothing of them is open, and never again: a round costs what was begun in the last
 * hours, however many files there are.
 */
export async function cleanFiles(options: CleanOptions, reached: number): Promise<CleanResult> {
  const { store, now = Date.now() } = options
  const from = Math.floor((reached === 0 ? now - FIRST_LOOK_MS : Math.min(reached, now)) / PERIOD_MS) * PERIOD_MS
  const deadMs = Math.min(store.deadAfterMs.unfinished, store.deadAfterMs.finished)
  let unfinishedFiles = 0
  let orphanedFiles = 0
  // Another host may have written: its clock and this one's may differ by more than a writer may be silent.
  const storageNow = await store.readClock()
  await store.removeDeadProbes(storageNow - PROBE_DEAD_MS)
  let next = from
  const clean = async (period: string): Promise<boolean> => {
    const cleaned = await cleanPeriod(options, storageNow, period)
    unfinishedFiles += cleaned.unfinishedFiles
    orphanedFiles += cleaned.orphanedFiles
    return cleaned.isOpen
  }

  let isOpen = false
  let day = ''
  for (let hour = from, hours = 0; hour <= now && hours < MOST_HOURS; hour += PERIOD_MS, hours += 1) {
    // Nothing in it can be dead before.
    if (hour + deadMs - CLOCKS_DIFFER_MS > now) break
    const period = formatHour(hour)
    if (!period.startsWith(day) || day === '') {
      // Keys of before had no hour.
      day = period.slice(0, 10)
      isOpen = (await clean(day)) || isOpen
    }
    isOpen = (await clean(period)) || isOpen
    const isOver = hour + PERIOD_MS + store.deadAfterMs.finished + CLOCKS_DIFFER_MS <= now
    if (!isOpen && isOver) next = hour + PERIOD_MS
    else isOpen = true
  }
  return { unfinishedFiles, orphanedFiles, reached: next }
}

interface CleanedPeriod {
  readonly unfinishedFiles: number
  readonly orphanedFiles: number
  /** Whether something in it may yet become an orphan, or die. */
  readonly isOpen: boolean
}

async function cleanPeriod(
  { database, store, log }: CleanOptions,
  now: number,
  period: string,
): Promise<CleanedPeriod> {
  let unfinishedFiles = 0
  let orphanedFiles = 0
  let isOpen = false
  let page: string[] = []
  const removeOrphans = async (): Promise<void> => {
    for (const key of await findUnknownFileKeys(database, page)) {
      await store.remove(key)
      log.warn({ fileKey: key }, 'a stored file belonged to no import: removed')
      orphanedFiles += 1
    }
    page = []
  }
  for await (const { kind, name, modifiedMs } of store.listPeriod(period)) {
    if (modifiedMs > now - store.deadAfterMs[kind]) isOpen = true
    else if (kind === 'finished') page.push(name)
    else {
      await store.removeUnfinished(name)
      unfinishedFiles += 1
    }
    if (page.length >= ORPHAN_PAGE) await removeOrphans()
  }
  if (page.length > 0) await removeOrphans()
  return { unfinishedFiles, orphanedFiles, isOpen }
}
