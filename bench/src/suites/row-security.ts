import { rm } from 'node:fs/promises'
import path from 'node:path'

import { printTable, removeUploads, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { CpuTimes } from '../cpu-times.ts'
import { importFile, type FileToImport } from '../import-run.ts'
import { median, round } from '../statistics.ts'
import { loadWorlds, writeFile, writeRepeatedFile, type World } from '../world.ts'

const SERIES_ID = 720

interface Kind {
  readonly title: string
  readonly coupons: number
  readonly limit: number | null
  readonly badPercent?: number
  readonly dryRun?: boolean
}

/** Medians over the rounds, with the policies of row security and without them. */
interface KindResult {
  readonly title: string
  readonly rows: number
  /** processor seconds of worker and PostgreSQL for each million rows */
  readonly cpu_with: number | null
  readonly cpu_without: number | null
  readonly rows_per_second_with: number
  readonly rows_per_second_without: number
  /** the median of the rounds' own ratios; null where processes cannot be looked at */
  readonly ratio_cpu: number | null
  readonly ratio_seconds: number
}

/**
 * What row security costs an import: the same file in turn with the policies and without them, on one system. What is left without them
 * is the scope that each statement names, a comment that the pool reads.
 */
export async function runRowSecuritySuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const kinds: KindResult[] = []
  try {
    for (const kind of planKinds(options.rows)) {
      const result = await measureKind(bench, kind)
      kinds.push(result)
      bench.print(
        `  ${result.title}: ${result.ratio_cpu === null ? '-' : round(result.ratio_cpu)} times the processor time, ` +
          `${round(result.ratio_seconds)} times the time`,
      )
    }
  } finally {
    await setRowSecurity(system, 'ENABLE')
    await system.sql.query('TRUNCATE dry_redemption')
    await removeUploads(system)
  }
  printTable(
    bench,
    ['series', 'CPU s/M, with', 'without', 'ratio', 'rows/s, with', 'without', 'ratio of times'],
    kinds.map((kind) => [
      kind.title,
      kind.cpu_with,
      kind.cpu_without,
      kind.ratio_cpu,
      kind.rows_per_second_with,
      kind.rows_per_second_without,
      kind.ratio_seconds,
    ]),
  )
  const ratios = kinds.flatMap(({ ratio_cpu }) => (ratio_cpu === null ? [] : [ratio_cpu]))
  return {
    figures: {
      // Of the kind that it costs most: a median over kinds would hide that one.
      row_security_ratio_cpu: ratios.length === 0 ? null : Math.max(...ratios),
      row_security_ratio_seconds: Math.max(...kinds.map(({ ratio_seconds }) => ratio_seconds)),
    },
    details: { kinds },
  }
}

function planKinds(rows: number): Kind[] {
  return [
    { title: 'once', coupons: rows / 2, limit: 1 },
    { title: 'once, 5 % bad', coupons: rows / 2, limit: 1, badPercent: 5 },
    { title: 'limit 10', coupons: rows / 10, limit: 10 },
    { title: 'no limit', coupons: 1_000, limit: null },
    { title: 'dry run: limit 10', coupons: rows / 10, limit: 10, dryRun: true },
  ]
}

async function measureKind({ system, options }: Bench, kind: Kind): Promise<KindResult> {
  const rows = Math.round(options.rows / 2)
  const { title, limit, badPercent = 0, dryRun = false } = kind
  const world: World = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: Math.ceil(kind.coupons), limit, customers: rows }
  await loadWorlds(system.sql, [world])
  const file: FileToImport = { path: path.join(system.filesDir, 'row-security.csv'), world, byId: false, dryRun }
  if (limit === 1) await writeFile(file.path, world, { badPercent, rows })
  else await writeRepeatedFile(file.path, world, { from: 0, rows })

  const measure = async (policies: 'ENABLE' | 'DISABLE'): Promise<{ seconds: number; cpu: number | null }> => {
    await setRowSecurity(system, policies)
    await system.sql.query('TRUNCATE redemption, coupon_count, dry_redemption, rejected_row, duplicate_row')
    await system.sql.query('CHECKPOINT')
    const cpu = new CpuTimes(rows)
    const { seconds } = await cpu.measureOurs(system, () => importFile(system, file))
    await removeUploads(system)
    const { ours_database_cpu: database, ours_worker_cpu: worker } = cpu.summarize()
    return { seconds, cpu: database === null || worker === null ? null : database + worker }
  }
  const rounds = []
  // The first import fills caches. Then each begins every other round.
  await measure('ENABLE')
  for (let n = 0; n < 2 * options.pairs; n += 1) {
    const first = await measure(n % 2 === 0 ? 'ENABLE' : 'DISABLE')
    const second = await measure(n % 2 === 0 ? 'DISABLE' : 'ENABLE')
    rounds.push(n % 2 === 0 ? { on: first, off: second } : { on: second, off: first })
  }
  await rm(file.path)
  const cpus = rounds.flatMap(({ on, off }) =>
    on.cpu === null || off.cpu === null ? [] : [{ on: on.cpu, off: off.cpu }],
  )
  const medianOf = (values: readonly number[]): number | null => (values.length === 0 ? null : median(values))
  return {
    title,
    rows,
    cpu_with: medianOf(cpus.map(({ on }) => on)),
    cpu_without: medianOf(cpus.map(({ off }) => off)),
    ratio_cpu: medianOf(cpus.map(({ on, off }) => on / off)),
    rows_per_second_with: rows / median(rounds.map(({ on }) => on.seconds)),
    rows_per_second_without: rows / median(rounds.map(({ off }) => off.seconds)),
    ratio_seconds: median(rounds.map(({ on, off }) => on.seconds / off.seconds)),
  }
}

/** Of all tables that have policies. */
async function setRowSecurity({ sql }: BenchSystem, to: 'ENABLE' | 'DISABLE'): Promise<void> {
  const { rows } = await sql.query<{ table: string }>('SELECT DISTINCT tablename AS table FROM pg_policies')
  for (const { table } of rows) await sql.query(`ALTER TABLE ${table} ${to} ROW LEVEL SECURITY`)
}
