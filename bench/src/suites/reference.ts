import { rm } from 'node:fs/promises'
import path from 'node:path'

import { openFile } from '@importer/client/terminal'

import { printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID } from '../bench-system.ts'
import { runScript } from '../opponents/psql-by-hand.ts'
import { compareTimes, measurePairs, timeSeconds, type Comparison } from '../pairs.ts'
import { loadWorlds, writeCouponsFile } from '../world.ts'

const SERIES_ID = 700
const TARGET = 'by_hand_coupon'

/** What the tables know of the file's coupons: none, all of them otherwise, or all of them as they are. */
type Known = 'none' | 'changed' | 'unchanged'

/**
 * `PUT /v1/reference/coupons` against \copy and one upsert, into equal tables: all new, all changed, and all unchanged,
 * which is what comes every night.
 */
export async function runReferenceSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows }
  await loadWorlds(system.sql, [{ ...world, coupons: 1 }])
  await system.sql.query(`CREATE TABLE IF NOT EXISTS ${TARGET} (LIKE coupon INCLUDING ALL)`)
  const file = path.join(system.filesDir, 'coupons.csv')
  await writeCouponsFile(file, world)
  const measure = async (known: Known): Promise<Comparison> => {
    const prepare = async (table: string): Promise<void> => {
      if (known === 'none') await system.sql.query(`TRUNCATE ${table}`)
      if (known === 'changed') await system.sql.query(`UPDATE ${table} SET revoked = true`)
      await system.sql.query(`VACUUM (ANALYZE) ${table}`)
      await system.sql.query('CHECKPOINT')
    }
    const pairs = await measurePairs(options.pairs, {
      async ours() {
        await prepare('coupon')
        return timeSeconds(async () => {
          const body = await openFile(file)
          const { received, inserted, updated } = await system.client.loadReference({ kind: 'coupons', body })
          const found = JSON.stringify({ received, inserted, updated })
          const expected = JSON.stringify({
            received: world.coupons,
            inserted: known === 'none' ? world.coupons : 0,
            updated: known === 'changed' ? world.coupons : 0,
          })
          if (found !== expected) throw new Error(`the coupons were not loaded: ${found}; expected ${expected}`)
        })
      },
      async theirs() {
        await prepare(TARGET)
        const names = { target: TARGET, org: String(ORG_ID) }
        return (await runScript(system.ownerUrl, 'reference-by-hand.sql', names, file)).seconds
      },
    })
    return compareTimes(pairs)
  }
  try {
    const fresh = await measure('none')
    const changed = await measure('changed')
    const unchanged = await measure('unchanged')
    printTable(
      bench,
      ['coupons', 'ours, s', 'script, s', 'ours, rows/s', 'script, rows/s', 'ratio'],
      [
        describeRow('all new', fresh, world.coupons),
        describeRow('all changed', changed, world.coupons),
        describeRow('all unchanged', unchanged, world.coupons),
      ],
    )
    return {
      figures: {
        ratio_to_script: fresh.ratio,
        ratio_to_script_known: changed.ratio,
        ratio_to_script_unchanged: unchanged.ratio,
      },
      details: { rows: world.coupons, all_new: fresh, all_known: changed, all_unchanged: unchanged },
    }
  } finally {
    await system.sql.query(`DROP TABLE IF EXISTS ${TARGET}, by_hand_coupons`)
    await rm(file, { force: true })
  }
}

function describeRow(title: string, { ours_seconds, theirs_seconds, ratio }: Comparison, rows: number) {
  return [title, ours_seconds, theirs_seconds, rows / ours_seconds, rows / theirs_seconds, ratio]
}
