import type pg from 'pg'

import { TARGET } from './opponents/psql-by-hand.ts'

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
