import { rm } from 'node:fs/promises'
import path from 'node:path'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { importFile, readCounts, type FileToImport } from '../import-run.ts'
import { compareTimes, measurePairs } from '../pairs.ts'
import { emptyTable } from '../redemption-tables.ts'
import { median } from '../statistics.ts'
import { COUPON_STRIDE, loadWorlds, writeFile } from '../world.ts'

const SERIES_ID = 800
const QUERIES = 50

/**
 * What `GET /v1/redemptions` takes in a table that an import has filled, and what an import pays for it: by coupon it
 * uses the index that holds a coupon to its limit; by import and row the primary key, without which rows are inserted
 * just as well. So the same file is imported with and without that, in turn.
 */
export async function runLookupsSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows }
  bench.print('  making reference data')
  await loadWorlds(system.sql, [world])
  const file = { path: path.join(system.filesDir, 'lookups.csv'), world, byId: false }
  try {
    await writeFile(file.path, world)
    const pairs = await measurePairs(options.pairs, {
      ours: async () => (await importIntoEmpty(system, file)).seconds,
      theirs: async () => {
        await system.sql.query('ALTER TABLE redemption DROP CONSTRAINT redemption_pkey')
        try {
          return (await importIntoEmpty(system, file)).seconds
        } finally {
          await system.sql.query('TRUNCATE redemption')
          await system.sql.query('ALTER TABLE redemption ADD PRIMARY KEY (import_id, row_number)')
        }
      },
    })
    const cost = compareTimes(pairs)
    const { importId } = await importIntoEmpty(system, file)
    const row = (n: number): number => Math.floor((n * options.rows) / QUERIES)
    const byCoupon = await timeQueries(system, (n) => `couponId=${(row(n) + 1) * COUPON_STRIDE}`)
    const byRow = await timeQueries(system, (n) => `importId=${importId}&rowNumber=${row(n) + 1}`)
    const byImport = await timeQueries(system, () => `importId=${importId}`)
    const share = 1 - cost.ratio
    printTable(
      bench,
      ['rows', 'import, s', 'without the primary key, s', 'its share', 'by coupon, ms', 'by row, ms', 'by import, ms'],
      [[options.rows, cost.ours_seconds, cost.theirs_seconds, share, byCoupon, byRow, byImport]],
    )
    return {
      figures: {
        lookup_index_share: share,
        redemptions_by_coupon_p50_ms: byCoupon,
        redemptions_by_row_p50_ms: byRow,
        redemptions_by_import_p50_ms: byImport,
      },
      details: { rows: options.rows, cost },
    }
  } finally {
    await rm(file.path, { force: true })
    await removeUploads(system)
  }
}

async function importIntoEmpty(
  system: BenchSystem,
  file: FileToImport,
): Promise<{ importId: number; seconds: number }> {
  await emptyTable(system.sql, 'redemption')
  await system.sql.query('CHECKPOINT')
  const imported = await importFile(system, file)
  const { inserted } = await readCounts(system, imported.importId)
  if (inserted !== file.world.coupons) throw new Error(`of ${file.world.coupons} rows ${inserted} were inserted`)
  return imported
}

/** The median of some queries that each find something, in milliseconds. */
async function timeQueries({ url, apiKey }: BenchSystem, makeQuery: (n: number) => string): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < QUERIES; n += 1) {
    const requestedAt = performance.now()
    const answer = await fetch(`${url}/v1/redemptions?${makeQuery(n)}`, {
      headers: { Authorization: `Bearer ${apiKey}` },
    })
    const { items } = (await answer.json()) as { items: object[] }
    times.push(performance.now() - requestedAt)
    if (items.length === 0) throw new Error(`nothing was found by ${makeQuery(n)}`)
  }
  return median(times)
}
