import { rm } from 'node:fs/promises'
import path from 'node:path'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID } from '../bench-system.ts'
import { importFile, readCounts, type FileToImport } from '../import-run.ts'
import { fillNames, runScript, TARGET } from '../opponents/psql-by-hand.ts'
import { CpuTimes, type CpuPerMillion } from '../cpu-times.ts'
import { compareTimes, measurePairs, type Comparison } from '../pairs.ts'
import { profileImport, type Profile } from '../profile.ts'
import { emptyTable, keepOnlyPreloaded, preloadRedemptions, PRELOADED_IMPORTS } from '../redemption-tables.ts'
import { round } from '../statistics.ts'
import { loadWorlds, writeFile, type World } from '../world.ts'

/** One size and kind of file. */
interface CellPlan {
  /** the figure's name; null: only for the plot */
  readonly figure: string | null
  readonly title: string
  readonly rows: number
  readonly byId?: boolean
  readonly badPercent?: number
  readonly preloaded?: boolean
  /** as many as all by default */
  readonly pairs?: number
}

export interface CellResult extends Comparison, CpuPerMillion {
  readonly title: string
  readonly rows: number
  readonly good_rows: number
  readonly bad_percent: number
  readonly preloaded_rows: number
  readonly by: 'couponCode and mobile' | 'couponId and userId'
  readonly ours_rows_per_second: number
  readonly psql_rows_per_second: number
}

export interface ImportDetails {
  readonly observed: string
  readonly cells: readonly CellResult[]
  readonly where_time_goes: Profile | null
}

const SERIES_ID = 100

/** From the upload's answer to COMPLETED, against bench/sql/psql-by-hand.sql, into equal tables on the same server. */
export async function runImportSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  await system.sql.query(`CREATE TABLE IF NOT EXISTS ${TARGET} (LIKE redemption INCLUDING ALL)`)
  const cells: CellResult[] = []
  let profile: Profile | null = null
  let coupons = 0
  try {
    await warmUp(bench)
    for (const plan of planCells(options.rows, options.tenMillion)) {
      const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: plan.rows }
      if (coupons !== plan.rows) await prepareWorld(bench, world)
      coupons = plan.rows
      const cell = await measureCell(bench, plan, world)
      cells.push(cell)
      bench.print(`  ${cell.title}: ${round(cell.ratio)} of psql by hand`)
      if (plan.figure === 'ratio_to_psql') profile = await profileCell(bench, world)
    }
  } finally {
    await system.sql.query(`DROP TABLE IF EXISTS ${TARGET}, by_hand_stage`)
  }
  printTable(
    bench,
    ['file', 'ours, s', 'psql, s', 'ours, rows/s', 'psql, rows/s', 'ratio'],
    cells.map((cell) => [
      cell.title,
      cell.ours_seconds,
      cell.theirs_seconds,
      cell.ours_rows_per_second,
      cell.psql_rows_per_second,
      cell.ratio,
    ]),
  )
  const figures: Record<string, number> = {}
  for (const [index, { figure }] of planCells(options.rows, options.tenMillion).entries()) {
    if (figure !== null) figures[figure] = cells[index]?.ratio ?? NaN
  }
  const observed = 'COMPLETED is seen by asking the database for the import by its key every 20 ms'
  return { figures, details: { observed, cells, where_time_goes: profile } satisfies ImportDetails }
}

/** In the order in which the fewest worlds are made. */
function planCells(million: number, tenMillion: boolean): CellPlan[] {
  const name = (rows: number): string => rows.toLocaleString('en-US')
  const [tenth, ten] = [million / 10, million * 10]
  return [
    { figure: null, title: `${name(million / 100)} rows`, rows: million / 100 },
    { figure: 'ratio_to_psql_100k', title: `${name(tenth)} rows`, rows: tenth },
    { figure: 'ratio_to_psql', title: `${name(million)} rows`, rows: million },
    { figure: 'ratio_to_psql_bad', title: `${name(million)} rows, 5 % of them bad`, rows: million, badPercent: 5 },
    { figure: 'ratio_to_psql_by_id', title: `${name(million)} rows by couponId and userId`, rows: million, byId: true },
    {
      figure: 'ratio_to_psql_preloaded',
      title: `${name(million)} rows into ${name(ten)}`,
      rows: million,
      preloaded: true,
    },
    ...(tenMillion ? [{ figure: 'ratio_to_psql_10m', title: `${name(ten)} rows, one pair`, rows: ten, pairs: 1 }] : []),
  ].map((cell) => ({ ...cell, rows: Math.max(10, Math.round(cell.rows)) }))
}

async function prepareWorld(bench: Bench, world: World): Promise<void> {
  const { system, print } = bench
  print(`  making ${world.coupons.toLocaleString('en-US')} coupons`)
  await loadWorlds(system.sql, [world])
}

/** What starts up with the first imports of a process is not what is measured: one of each, not counted. */
async function warmUp(bench: Bench): Promise<void> {
  const { system, options } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows / 10 }
  await prepareWorld(bench, world)
  const file = { path: path.join(system.filesDir, 'warm-up.csv'), world, byId: false }
  await writeFile(file.path, world)
  await importFile(system, file)
  await runScript(system.ownerUrl, 'psql-by-hand.sql', fillNames(file), file.path)
  await rm(file.path)
}

async function measureCell(bench: Bench, plan: CellPlan, world: World): Promise<CellResult> {
  const { system, options } = bench
  const { byId = false, badPercent = 0 } = plan
  const file: FileToImport = { path: path.join(system.filesDir, 'redemptions.csv'), world, byId }
  const { good } = await writeFile(file.path, world, { byId, badPercent })
  const reset = plan.preloaded === true ? keepOnlyPreloaded : emptyTable
  if (plan.preloaded === true) {
    bench.print(
      `  preloading two tables with ${(PRELOADED_IMPORTS * world.coupons).toLocaleString('en-US')} redemptions`,
    )
    for (const table of ['redemption', TARGET]) await preloadRedemptions(system.sql, table, world)
  }
  const cpu = new CpuTimes(plan.rows)
  const pairs = await measurePairs(plan.pairs ?? options.pairs, {
    async ours() {
      await reset(system.sql, 'redemption')
      await system.sql.query('TRUNCATE rejected_row, duplicate_row')
      await system.sql.query('CHECKPOINT')
      const { importId, seconds } = await cpu.measureOurs(system, () => importFile(system, file))
      const counts = await readCounts(system, importId)
      requireEqual('inserted', counts.inserted, good)
      requireEqual('rejected', counts.rejected, world.coupons - good)
      await removeUploads(system)
      return seconds
    },
    async theirs() {
      await reset(system.sql, TARGET)
      await system.sql.query('CHECKPOINT')
      const run = await runScript(system.ownerUrl, 'psql-by-hand.sql', fillNames(file), file.path)
      cpu.addTheirs(run)
      const { rows } = await system.sql.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${TARGET} WHERE import_id > ${PRELOADED_IMPORTS}`,
      )
      requireEqual('inserted by hand', rows[0]?.count ?? 0, good)
      return run.seconds
    },
  })
  await rm(file.path)
  if (plan.preloaded === true) for (const table of ['redemption', TARGET]) await emptyTable(system.sql, table)
  const comparison = compareTimes(pairs)
  return {
    title: plan.title,
    rows: plan.rows,
    good_rows: good,
    bad_percent: badPercent,
    preloaded_rows: plan.preloaded === true ? PRELOADED_IMPORTS * world.coupons : 0,
    by: byId ? 'couponId and userId' : 'couponCode and mobile',
    ours_rows_per_second: plan.rows / comparison.ours_seconds,
    psql_rows_per_second: plan.rows / comparison.theirs_seconds,
    ...cpu.summarize(),
    ...comparison,
  }
}

/** One more import, which is looked at while it runs and so is not among those that are measured. */
async function profileCell(bench: Bench, world: World): Promise<Profile | null> {
  const { system } = bench
  const file = { path: path.join(system.filesDir, 'profiled.csv'), world, byId: false }
  await writeFile(file.path, world)
  await emptyTable(system.sql, 'redemption')
  await system.sql.query('CHECKPOINT')
  const profile = await profileImport(system, file)
  await rm(file.path)
  await removeUploads(system)
  return profile
}

/** A benchmark of a wrong result would be worth nothing. */
function requireEqual(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found} rows; expected ${expected}`)
}
