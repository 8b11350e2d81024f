import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

import { queryOnce } from './query-once.ts'
import { TEST_ORG } from './running-system.ts'
import { waitUntil } from './wait-until.ts'

/** Something that another transaction of the same database has to wait for: how a test stops a worker at one instant. */
export interface Obstacle {
  /** Waits until somebody is held up, and gives the process id of its database session. */
  waitUntilMet(): Promise<number>
  /** Waits until so many sessions are held up, by it or by one that it holds up; no longer than that. */
  waitForMore(sessions: number, timeoutMs: number): Promise<void>
  /** Ends a session that is held up, as if its client had never sent the commit. */
  terminateHeld(): Promise<void>
  remove(): Promise<void>
}

const LOOK_EVERY_MS = 50
const NEXT_IMPORTS = 100
let blockedCoupons = 0

/**
 * Whoever inserts this coupon's first redemption stops in the middle of its statement, whether its ordinal or, in a series
 * without a limit, the redemption itself is what is unique. `redemption`: ids of coupon, customer and till, and epoch
 * milliseconds, with `/` between them.
 */
export async function blockCoupon(ownerUrl: string, redemption: string, orgId = TEST_ORG): Promise<Obstacle> {
  const [couponId, customerId, tillId, ms] = redemption.split('/')
  return putUp(
    ownerUrl,
    `INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, repeatable)
     VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), $5, -1, $6, 1, true)`,
    [couponId, customerId, tillId, ms, orgId, (blockedCoupons += 1)],
  )
}

/** The same for whichever of the next imports is a dry run: each has redemptions of its own, beside those that are recorded. */
export async function blockDryCoupon(ownerUrl: string, redemption: string, orgId = TEST_ORG): Promise<Obstacle> {
  const [couponId, customerId, tillId, ms] = redemption.split('/')
  return putUp(
    ownerUrl,
    `INSERT INTO dry_redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, repeatable)
     SELECT $1, $2, $3, to_timestamp($4::float8 / 1000), $5, last_value + n, -1, 1, true
     FROM import_id_seq, generate_series(1, ${NEXT_IMPORTS}) n`,
    [couponId, customerId, tillId, ms, orgId],
  )
}

/** Taking the import, and completing it, stop; batches go on. */
export async function blockImport(ownerUrl: string, importId: number): Promise<Obstacle> {
  return putUp(ownerUrl, 'SELECT FROM import WHERE id = $1 FOR UPDATE', [importId])
}

/** Reverting the import stops. */
export async function blockRedemptions(ownerUrl: string, importId: number): Promise<Obstacle> {
  return putUp(ownerUrl, 'SELECT FROM redemption WHERE import_id = $1 FOR UPDATE', [importId])
}

/** Storing a key stops; looking one up goes on. */
export async function blockNewKeys(ownerUrl: string): Promise<Obstacle> {
  return putUp(ownerUrl, 'LOCK TABLE api_key IN SHARE MODE', [])
}

/**
 * Holds up every batch before it begins. Asks for it while batches are under way: `isRequested` resolves once it stands
 * in the row for it, before all batches that come later, and `granted` when those before it have ended.
 */
export function lockPartitions(ownerUrl: string): { isRequested: Promise<void>; granted: Promise<Obstacle> } {
  const granted = putUp(ownerUrl, 'LOCK TABLE import_lane IN EXCLUSIVE MODE', [])
  const isRequested = waitUntil('the lock was asked for', async () => {
    const rows = await queryOnce(
      ownerUrl,
      `SELECT FROM pg_locks WHERE mode = 'ExclusiveLock' AND relation = 'import_lane'::regclass`,
    )
    return rows.length > 0
  })
  return { isRequested: isRequested.then(() => undefined), granted }
}

async function putUp(ownerUrl: string, sql: string, values: readonly unknown[]): Promise<Obstacle> {
  const holder = new pg.Client({ connectionString: ownerUrl, application_name: 'obstacle' })
  // A database that is killed takes its obstacles along.
  holder.on('error', () => undefined)
  await holder.connect()
  await holder.query('BEGIN')
  await holder.query(sql, [...values])
  const findHeld = async (): Promise<number[]> => {
    const { rows } = await holder.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))',
    )
    return rows.map(({ pid }) => pid)
  }
  return {
    async waitUntilMet() {
      return waitUntil('somebody met the obstacle', async () => {
        // A transaction sees the sessions as they were at its first look, unless set otherwise.
        await holder.query('SELECT pg_stat_clear_snapshot()')
        return (await findHeld())[0] ?? null
      })
    },
    async waitForMore(sessions, timeoutMs) {
      const deadline = performance.now() + timeoutMs
      while (performance.now() < deadline) {
        await holder.query('SELECT pg_stat_clear_snapshot()')
        const { rows } = await holder.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        )
        if ((rows[0]?.n ?? 0) >= sessions) return
        await delay(LOOK_EVERY_MS)
      }
    },
    async terminateHeld() {
      await holder.query('SELECT pg_stat_clear_snapshot()')
      for (const pid of await findHeld()) await holder.query('SELECT pg_terminate_backend($1, 5000)', [pid])
    },
    async remove() {
      await holder.end()
    },
  }
}
