import { createReadStream, readFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import { from as copyFrom } from 'pg-copy-streams'

import { connect } from '../bench-system.ts'
import { REPOSITORY } from '../machine.ts'
import { timeSeconds } from '../pairs.ts'
import { readOwnBackend } from '../processor-time.ts'
import type { FileToImport } from '../import-run.ts'

const SCRIPTS = path.join(REPOSITORY, 'bench/sql')
const READ_BYTES = 256 * 1024
/** No import of the product has this id. */
const IMPORT_ID = 999_999_999
const MAX_INT4 = 2_147_483_647

/** What psql by hand inserts into: redemptions' columns, types, keys and indexes. */
export const TARGET = 'by_hand_redemption'

/** The names in braces of bench/sql/psql-by-hand.sql. */
export function fillNames(file: FileToImport): Record<string, string> {
  return {
    ...fillSharedNames(file),
    values: `c.id, u.id, t.id, to_timestamp(s.redeemed_ms::bigint / 1000.0), ${file.world.orgId}, ${IMPORT_ID}, s.line::int, 1,
       s.bill_id, s.bill_number, s.details, false`,
  }
}

/** Those of bench/sql/psql-by-hand-numbered.sql. */
export function fillNumberedNames(file: FileToImport, limit: number | null): Record<string, string> {
  return {
    ...fillSharedNames(file),
    found_values: `s.line, c.id as coupon_id, u.id as customer_id, t.id as till_id,
       to_timestamp(s.redeemed_ms::bigint / 1000.0) as redeemed_at, s.bill_id, s.bill_number, s.details`,
    numbered_values: `coupon_id, customer_id, till_id, redeemed_at, ${file.world.orgId}, ${IMPORT_ID}, line::int, ordinal::int,
       bill_id, bill_number, details, true`,
    limit: String(limit ?? MAX_INT4),
  }
}

function fillSharedNames({ world, byId }: FileToImport): Record<string, string> {
  return {
    target: TARGET,
    columns:
      'coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, bill_id, bill_number, details, repeatable',
    coupons: 'coupon',
    coupon_condition: byId
      ? `c.org_id = ${world.orgId} and c.id = s.coupon::bigint and c.series_id = ${world.seriesId}`
      : `c.org_id = ${world.orgId} and c.series_id = ${world.seriesId} and c.code = s.coupon`,
    customers: 'customer',
    customer_condition: byId
      ? `u.org_id = ${world.orgId} and u.id = s.customer::bigint`
      : `u.org_id = ${world.orgId} and u.mobile = s.customer`,
    tills: 'till',
    till_condition: `t.org_id = ${world.orgId} and t.id = s.till::bigint`,
  }
}

export interface ScriptRun {
  /** from the first statement to the end of the last: connecting does not count */
  readonly seconds: number
  /** processor time of its session; null where that cannot be looked at */
  readonly cpuSeconds: number | null
}

/** Runs a script of bench/sql over one connection, statement by statement, the file piped into its COPY. */
export async function runScript(
  ownerUrl: string,
  script: string,
  names: Readonly<Record<string, string>>,
  file: string,
): Promise<ScriptRun> {
  const statements = readStatements(script, names)
  const sql = await connect(ownerUrl)
  try {
    const seconds = await timeSeconds(async () => {
      for (const statement of statements) {
        if (/^copy\b/i.test(statement)) {
          await pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), sql.query(copyFrom(statement)))
        } else {
          await sql.query(statement)
        }
      }
    })
    return { seconds, cpuSeconds: await readOwnBackend(sql) }
  } finally {
    await sql.end()
  }
}

function readStatements(script: string, names: Readonly<Record<string, string>>): string[] {
  return readFileSync(path.join(SCRIPTS, script), 'utf8')
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = names[name]
      if (value === undefined) throw new Error(`${script} has a name that nobody fills in: ${name}`)
      return value
    })
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
