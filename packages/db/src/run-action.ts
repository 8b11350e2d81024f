import { setTimeout as delay } from 'node:timers/promises'

import type { Actor } from '@importer/contracts'

import { nameActor } from './audit/record-audit-event.ts'
import type { Database, Transaction } from './open-database.ts'

/** The first key of the advisory locks that mark actions: any fixed number. */
const ACTION_LOCK = 7_264_002
/** What ends by itself within this is let end. */
const GRACE_MS = 150
const POLL_MS = 100
/** For one lock: an action answers in time, also where what holds it cannot be cancelled. */
const LOCK_TIMEOUT = '2s'

/** Marks this transaction as an action, and gives the process that the server runs it in. */
const BEGIN_ACTION = `
SELECT pg_backend_pid() AS pid, set_config('lock_timeout', '${LOCK_TIMEOUT}', true) AS timeout,
       pg_advisory_xact_lock_shared(${ACTION_LOCK}, $1::int)::text AS mark, set_config('importer.actor', $2::text, true) AS actor`

/**
 * Cancels the statements that the action of process $1 waits for. Another action at the same import is not one of them:
 * it is short, and clears its own way.
 */
const CANCEL_BLOCKERS = `
SELECT pg_cancel_backend(a.pid)
FROM unnest(pg_blocking_pids($1::int)) AS b (pid) JOIN pg_stat_activity a ON a.pid = b.pid
WHERE a.state = 'active' AND a.usename = current_user
  AND NOT EXISTS (SELECT FROM pg_locks l
                  WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.classid = ${ACTION_LOCK})`

/**
 * A transaction of an operator's action on an import, which does not wait for what a worker is doing there: a statement
 * that holds a row which it needs is cancelled after a moment, however long it would have taken, and its worker
 * finds that the import is no longer its own. Nothing of a cancelled statement is kept.
 * Throws an UnavailableError when a lock cannot be had within 2 s: its holder is no statement of ours.
 */
export async function runAction<Result>(
  database: Database,
  importId: number,
  actor: Actor,
  use: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  const done = new AbortController()
  let clearing: Promise<void> = Promise.resolve()
  try {
    return await database.transaction(async (tx) => {
      const [action] = await tx.$queryRawUnsafe<{ pid: number }[]>(BEGIN_ACTION, importId, nameActor(actor))
      if (action === undefined) throw new Error('the database did not name its process')
      clearing = clearTheWay(database, action.pid, done.signal)
      return use(tx)
    })
  } finally {
    done.abort()
    await clearing
  }
}

/** Waits for the actions that are under way at the import: what they do shows afterwards. */
export async function awaitActions({ prisma }: Database, importId: number): Promise<void> {
  await prisma.$queryRaw`SELECT pg_advisory_xact_lock(${ACTION_LOCK}::int, ${importId}::int)::text`
}

/** Runs on another connection, as the action's own one waits. */
async function clearTheWay({ prisma }: Database, pid: number, done: AbortSignal): Promise<void> {
  for (let waitMs = GRACE_MS; ; waitMs = POLL_MS) {
    await delay(waitMs, undefined, { signal: done }).catch(() => undefined)
    if (done.aborted) return
    // What goes wrong here leaves the action to its own lock timeout, which tells.
    await prisma.$queryRawUnsafe(CANCEL_BLOCKERS, pid).catch(() => undefined)
  }
}
