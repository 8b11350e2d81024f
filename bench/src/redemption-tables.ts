import type pg from 'pg'

import { TARGET } from './opponents/psql-by-hand.ts'
import { COUPON_STRIDE, countCustomers, type World } from './world.ts'

/** Imports 1 to this are those of the redemptions that are there before: as many as fit between two coupon ids. */
export const PRELOADED_IMPORTS = COUPON_STRIDE - 1

export async function emptyTable(sql: pg.Client, table: string): Promise<void> {
  await sql.query(`TRUNCATE ${table}`)
  await sql.query(`VACUUM (ANALYZE) ${table}`)
}

/**
 * Ten redemptions for each of the world's coupons, of other coupons, whose ids lie between: as ten imports would have
 * left them, one after the other, so that the index is as full as one that grew.
 */
export async function preloadRedemptions(sql: pg.Client, table: string, world: World): Promise<void> {
  await sql.query(`TRUNCATE ${table}`)
  for (let importId = 1; importId <= PRELOADED_IMPORTS; importId += 1) {
    await sql.query(
      `INSERT INTO ${table} (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal,
                             bill_id, bill_number)
       SELECT (n + 1) * ${COUPON_STRIDE} - $1::int, 1 + (n * 7919) % $3::bigint, 1 + (n * 31) % 500,
              timestamptz '2024-01-01' + n * interval '1 second', $2::int, $1::int, n + 1, 1, n::text, 'B-' || n
       FROM generate_series(0, $4::bigint - 1) n`,
      [importId, world.orgId, countCustomers(world), world.coupons],
    )
  }
  await sql.query(`VACUUM (ANALYZE) ${table}`)
}

/** Deletes what was inserted since, and frees its space. */
export async function keepOnlyPreloaded(sql: pg.Client, table: string): Promise<void> {
  await sql.query(`DELETE FROM ${table} WHERE import_id > ${PRELOADED_IMPORTS}`)
  await sql.query(`VACUUM (ANALYZE) ${table}`)
}

const TABLES = ['series', 'coupon', 'customer', 'till', 'redemption', 'dry_redemption', TARGET]

/** Nobody gathers statistics meanwhile, and none are there: as in a database that was filled a minute ago. */
export async function forgetStatistics(sql: pg.Client): Promise<void> {
  for (const table of TABLES) {
    await sql.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`)
    await sql.query(`SELECT pg_clear_relation_stats('public', $1)`, [table])
    await sql.query(
      `SELECT pg_clear_attribute_stats('public', $1, attname, false) FROM pg_stats WHERE schemaname = 'public' AND tablename = $1`,
      [table],
    )
  }
}

export async function gatherStatistics(sql: pg.Client): Promise<void> {
  await sql.query(`ANALYZE ${TABLES.join(', ')}`)
}

/** Leaves the tables to autovacuum again. */
export async function allowAutovacuum(sql: pg.Client): Promise<void> {
  for (const table of TABLES) await sql.query(`ALTER TABLE ${table} RESET (autovacuum_enabled)`)
}
