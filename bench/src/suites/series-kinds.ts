import { rm } from 'node:fs/promises'
import path from 'node:path'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { CpuTimes, type CpuPerMillion } from '../cpu-times.ts'
import { importFile, readCounts, revertImport, type FileToImport } from '../import-run.ts'
import { fillNames, fillNumberedNames, runScript, TARGET, type ScriptRun } from '../opponents/psql-by-hand.ts'
import { measurePairs, type Pair } from '../pairs.ts'
import { median, round } from '../statistics.ts'
import { allowAutovacuum, forgetStatistics, gatherStatistics } from '../redemption-tables.ts'
import { loadWorlds, writeRepeatedFile, type World } from '../world.ts'

const SERIES_ID = 900

/**
 * What is there before: nothing; as many rows, and statistics of them; the coupons full, and half of that reverted; the coupons full;
 * or as many rows, of a time when the series had no limit.
 */
type Before = 'nothing' | 'half-analyzed' | 'gaps' | 'full' | 'once-unlimited'

/** How many times the measured rows are there before; those are the rows behind them. */
const TIMES_BEFORE: Readonly<Record<Before, number>> = {
  nothing: 0,
  'half-analyzed': 1,
  gaps: 2,
  full: 1,
  'once-unlimited': 1,
}

const FULL = 'limit_large_full'

interface KindPlan {
  readonly name: string
  readonly title: string
  readonly coupons: number
  readonly limit: number | null
  readonly before?: Before
  readonly dryRun?: boolean
}

export interface KindResult extends CpuPerMillion {
  readonly name: string
  readonly title: string
  readonly rows: number
  readonly coupons: number
  readonly limit: number | null
  readonly ours_seconds: number
  /** null: the script cannot do it */
  readonly psql_seconds: number | null
  readonly ours_rows_per_second: number
  readonly psql_rows_per_second: number | null
  /** of the rows per second of coupons that are used once, in this run */
  readonly ratio_to_once: number
  /** how many times as fast as the script: the median of the pairs' own ratios */
  readonly ratio_to_psql: number | null
  readonly pairs: readonly Pair[]
}

/**
 * Series of every kind, in a database that was filled a moment ago, without statistics and without autovacuum: the product
 * against the script of bench/sql that numbers the ordinals by window functions, and against the product's own rate with
 * coupons that are used once. The script alone gets statistics: its plan needs them. A dry run is held against the script
 * that inserts. Where redemptions were reverted and the coupons were full before, the script has no answer; nor where redemptions
 * have no ordinals, which it takes the next ones from. Of full coupons both sides insert nothing: the script skips the rows, ours records
 * each with its reason. That ratio is shown, and is no measure of the same work.
 */
export async function runSeriesKindsSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  await system.sql.query(`CREATE TABLE IF NOT EXISTS ${TARGET} (LIKE redemption INCLUDING ALL)`)
  const kinds: KindResult[] = []
  try {
    for (const plan of planKinds(options.rows)) {
      const kind = await measureKind(bench, plan, kinds[0])
      kinds.push(kind)
      bench.print(
        `  ${kind.title}: ${round(kind.ours_rows_per_second)} rows/s, ${round(kind.ratio_to_once)} of once, ` +
          `${kind.ratio_to_psql === null ? '-' : round(kind.ratio_to_psql)} of psql by hand`,
      )
    }
  } finally {
    await allowAutovacuum(system.sql)
    await system.sql.query(`DROP TABLE IF EXISTS ${TARGET}, by_hand_stage`)
    await system.sql.query('TRUNCATE dry_redemption')
    await removeUploads(system)
  }
  printTable(
    bench,
    ['series', 'ours, rows/s', 'psql, rows/s', 'of once', 'of psql', 'ours, CPU s/M', 'worker', 'psql, CPU s/M'],
    kinds.map((kind) => [
      kind.title,
      kind.ours_rows_per_second,
      kind.psql_rows_per_second,
      kind.ratio_to_once,
      kind.ratio_to_psql,
      kind.ours_database_cpu,
      kind.ours_worker_cpu,
      kind.psql_cpu,
    ]),
  )
  const others = kinds.slice(1)
  const toPsql = kinds.flatMap(({ name, ratio_to_psql }) =>
    ratio_to_psql === null || name === FULL ? [] : [ratio_to_psql],
  )
  return {
    figures: {
      kinds_least_ratio_to_once: Math.min(...others.map(({ ratio_to_once }) => ratio_to_once)),
      kinds_least_ratio_to_psql: Math.min(...toPsql),
    },
    details: { kinds },
  }
}

function planKinds(rows: number): KindPlan[] {
  const many = Math.min(100_000, rows)
  const large = Math.min(100_000, rows / 10)
  const name = (count: number): string => count.toLocaleString('en-US')
  const of10 = { coupons: rows / 5, limit: 10 }
  return [
    { name: 'once', title: 'once', coupons: rows, limit: 1 },
    { name: 'limit_10', title: 'limit 10', ...of10 },
    { name: 'limit_large', title: `limit ${name(large)}`, coupons: Math.ceil(rows / large), limit: large },
    { name: 'unlimited_1', title: 'no limit, 1 coupon', coupons: 1, limit: null },
    { name: 'unlimited_1000', title: `no limit, ${name(Math.min(1_000, rows))} coupons`, coupons: 1_000, limit: null },
    { name: 'unlimited_100000', title: `no limit, ${name(many)} coupons`, coupons: many, limit: null },
    { name: 'limit_10_gaps', title: 'limit 10, with gaps', coupons: rows / 10, limit: 10, before: 'gaps' },
    {
      name: 'limit_large_gaps',
      title: `limit ${name(large)}, with gaps`,
      coupons: Math.ceil(rows / large),
      limit: large,
      before: 'gaps',
    },
    {
      name: FULL,
      title: `limit ${name(large)}, full`,
      coupons: Math.ceil(rows / 2 / large),
      limit: large,
      before: 'full',
    },
    {
      name: 'once_unlimited',
      title: 'limit 100,000,000, no limit before, 1 coupon',
      coupons: 1,
      limit: 100_000_000,
      before: 'once-unlimited',
    },
    { name: 'limit_10_analyzed', title: 'limit 10, the second half after ANALYZE', ...of10, before: 'half-analyzed' },
    {
      name: 'unlimited_1_analyzed',
      title: 'no limit, 1 coupon, the second half after ANALYZE',
      coupons: 1,
      limit: null,
      before: 'half-analyzed',
    },
    { name: 'dry_once', title: 'dry run: once', coupons: rows, limit: 1, dryRun: true },
    { name: 'dry_limit_10', title: 'dry run: limit 10', ...of10, dryRun: true },
    {
      name: 'dry_limit_large',
      title: `dry run: limit ${name(large)}`,
      coupons: Math.ceil(rows / large),
      limit: large,
      dryRun: true,
    },
    { name: 'dry_unlimited_1', title: 'dry run: no limit, 1 coupon', coupons: 1, limit: null, dryRun: true },
    {
      name: 'dry_limit_10_analyzed',
      title: 'dry run: limit 10, the second half after ANALYZE',
      ...of10,
      before: 'half-analyzed',
      dryRun: true,
    },
  ] satisfies KindPlan[]
}

async function measureKind(bench: Bench, plan: KindPlan, once: KindResult | undefined): Promise<KindResult> {
  const { system, options } = bench
  const { sql } = system
  const { limit, before = 'nothing', dryRun = false } = plan
  const coupons = Math.max(1, Math.round(plan.coupons))
  const world: World = { orgId: ORG_ID, seriesId: SERIES_ID, coupons, limit, customers: Math.ceil(options.rows / 2) }
  await loadWorlds(sql, [world], { gatherStatistics: false })
  const rows = before === 'nothing' ? options.rows : Math.round(options.rows / 2)
  const make = (name: string): FileToImport => ({ path: path.join(system.filesDir, name), world, byId: false })
  const measured: FileToImport = { ...make('measured.csv'), dryRun }
  const [first, second] = [make('first.csv'), make('second.csv')]
  await writeRepeatedFile(measured.path, world, { from: TIMES_BEFORE[before] * rows, rows })
  if (before !== 'nothing') await writeRepeatedFile(first.path, world, { from: 0, rows })
  if (before === 'gaps') await writeRepeatedFile(second.path, world, { from: rows, rows })

  const script = async (file: FileToImport): Promise<ScriptRun> =>
    limit === 1
      ? runScript(system.ownerUrl, 'psql-by-hand.sql', fillNames(file), file.path)
      : runScript(system.ownerUrl, 'psql-by-hand-numbered.sql', fillNumberedNames(file, limit), file.path)
  const cpu = new CpuTimes(rows)
  const ours = async (): Promise<number> => {
    await sql.query('TRUNCATE redemption, coupon_count, dry_redemption, rejected_row, duplicate_row')
    await forgetStatistics(sql)
    if (before === 'once-unlimited') await setLimit(system, null)
    if (before !== 'nothing') await fillBefore(system, before, first, second)
    if (before === 'once-unlimited') await setLimit(system, limit)
    await sql.query('CHECKPOINT')
    const { importId, seconds } = await cpu.measureOurs(system, () => importFile(system, measured))
    const { inserted } = await readCounts(system, importId)
    const expected = before === 'full' ? 0 : rows
    if (inserted !== expected) throw new Error(`${plan.title}: ${inserted} rows were inserted; expected ${expected}`)
    await removeUploads(system)
    return seconds
  }
  const theirs = async (): Promise<number> => {
    // Autovacuum may have been at it, with another file in it.
    await sql.query('DROP TABLE IF EXISTS by_hand_stage')
    await sql.query(`TRUNCATE ${TARGET}`)
    if (before === 'half-analyzed' || before === 'full') await script(first)
    // Without statistics its joins are looped over whole tables, and it would not come to an end.
    await gatherStatistics(sql)
    await sql.query('CHECKPOINT')
    const run = await script(measured)
    cpu.addTheirs(run)
    return run.seconds
  }
  const hasOpponent = before !== 'gaps' && before !== 'once-unlimited'
  const pairs = hasOpponent
    ? await measurePairs(options.pairs, { ours, theirs })
    : await measurePairs(options.pairs, { ours, theirs: async () => NaN })
  for (const file of [measured, first, second]) await rm(file.path, { force: true })

  const ours_seconds = median(pairs.map((pair) => pair.ours))
  const psql_seconds = hasOpponent ? median(pairs.map((pair) => pair.theirs)) : null
  const rate = rows / ours_seconds
  return {
    name: plan.name,
    title: plan.title,
    rows,
    coupons,
    limit,
    ours_seconds,
    psql_seconds,
    ours_rows_per_second: rate,
    psql_rows_per_second: psql_seconds === null ? null : rows / psql_seconds,
    ratio_to_once: rate / (once?.ours_rows_per_second ?? rate),
    ratio_to_psql: hasOpponent ? median(pairs.map((pair) => pair.theirs / pair.ours)) : null,
    pairs: hasOpponent ? pairs : [],
    ...cpu.summarize(),
  }
}

async function setLimit({ sql }: BenchSystem, limit: number | null): Promise<void> {
  await sql.query('UPDATE series SET max_redemptions_per_coupon = $1 WHERE org_id = $2 AND id = $3', [
    limit,
    ORG_ID,
    SERIES_ID,
  ])
}

async function fillBefore(
  system: BenchSystem,
  before: Exclude<Before, 'nothing'>,
  first: FileToImport,
  second: FileToImport,
): Promise<void> {
  const { importId } = await importFile(system, first)
  if (before === 'gaps') {
    await importFile(system, second)
    await revertImport(system, importId)
  } else if (before === 'half-analyzed') {
    await gatherStatistics(system.sql)
  }
}
