import {
  deleteRowOutcomes,
  expireImports,
  findForgotten,
  purgeWebhooks,
  recordPurge,
  type Database,
} from '@importer/db'
import type { FileStore } from '@importer/file-store'
import type { Logger } from '@importer/runtime'

export interface PurgeOptions {
  readonly database: Database
  readonly store: FileStore
  readonly log: Logger
  /** How long files and row outcomes of imports that have ended are kept; undefined: for ever. */
  readonly retentionDays: number | undefined
}

export interface PurgeResult {
  readonly purgedImports: number
  readonly purgedWebhooks: number
}

/** What one round does at most, a second or two of work: the rest is the next one's. */
const ROUND_IMPORTS = 100
const ROUND_OUTCOMES = 200_000
const ROUND_WEBHOOKS = 5_000
/** What one statement deletes at most. */
const BATCH_ROWS = 10_000
const DAY_MS = 24 * 3_600_000

/**
 * Deletes what is kept no longer: files and row outcomes of imports that ended more than `retentionDays` ago or were deleted
 * by their organization, and webhooks that ended so long ago. Redemptions stay, and so does the import with its counts. Can be stopped anywhere and run by several at once:
 * an import counts as purged only when nothing of it is left to delete.
 */
export async function purgeExpired({ database, store, log, retentionDays }: PurgeOptions): Promise<PurgeResult> {
  const before = retentionDays === undefined ? null : new Date(Date.now() - retentionDays * DAY_MS)
  let purgedImports = 0
  let outcomesLeft = ROUND_OUTCOMES
  if (before !== null) await expireImports(database, { before, limit: ROUND_IMPORTS })
  for (const { importId, fileKeys } of await findForgotten(database, ROUND_IMPORTS)) {
    try {
      for (const key of fileKeys) await store.remove(key)
    } catch (error) {
      // It is found again by the next round, and must not keep the others.
      log.warn({ err: error, importId }, 'the file of an expired import could not be deleted')
      continue
    }
    const deleted = await deleteAllOutcomes(database, importId, outcomesLeft)
    outcomesLeft -= deleted
    if (outcomesLeft <= 0) break
    await recordPurge(database, importId)
    purgedImports += 1
  }
  const purgedWebhooks = before === null ? 0 : await purgeWebhooks(database, { before, limit: ROUND_WEBHOOKS })
  return { purgedImports, purgedWebhooks }
}

/** Tells how many there were; with as many as `most` there may be more. */
async function deleteAllOutcomes(database: Database, importId: number, most: number): Promise<number> {
  let deleted = 0
  while (deleted < most) {
    const limit = Math.min(BATCH_ROWS, most - deleted)
    const count = await deleteRowOutcomes(database, importId, limit)
    deleted += count
    if (count < limit) break
  }
  return deleted
}
