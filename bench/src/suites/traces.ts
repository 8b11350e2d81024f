import { rm } from 'node:fs/promises'
import path from 'node:path'

import { printTable, removeUploads, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { CpuTimes } from '../cpu-times.ts'
import { importFile, type FileToImport } from '../import-run.ts'
import { applyLoad } from '../load.ts'
import { isTrial } from '../options.ts'
import { median, round } from '../statistics.ts'
import { startTraceReceiver, type TraceReceiver } from '../trace-receiver.ts'
import { findWorkerPid, readCpuSeconds } from '../worker-process.ts'
import { loadWorlds, writeFile, type World } from '../world.ts'

const SERIES_ID = 730
const LOAD_SECONDS = 5

/** What was done in a second, rows or polls, and the processor seconds for a million of them; null where processes cannot be looked at. */
interface Measured {
  readonly per_second: number
  readonly cpu: number | null
}

interface Pair {
  readonly unset: Measured
  readonly set: Measured
}

/** Medians over the pairs. Ratios are those of the pairs, with traces to without: over 1 is what traces cost. */
interface Compared {
  readonly unset: Measured
  readonly set: Measured
  readonly ratio_cpu: number | null
  readonly ratio_time: number
  /** from pair to pair: what is between them may be noise */
  readonly least_ratio_time: number
  readonly most_ratio_time: number
  readonly pairs: readonly Pair[]
}

/**
 * What traces cost: the same file and the same polls, alternately on a system without OTEL_EXPORTER_OTLP_ENDPOINT and on one that sends
 * its spans to a receiver on this machine. That unset nothing of OpenTelemetry is loaded, `tests/end-to-end/traces.test.ts` holds.
 */
export async function runTracesSuite(bench: Bench): Promise<SuiteResult> {
  const receiver = await startTraceReceiver()
  const traced = await bench.startAnother({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
  try {
    return await compare(bench, traced, receiver)
  } finally {
    await traced.stop()
    await receiver.stop()
    await removeUploads(bench.system)
  }
}

async function compare(bench: Bench, traced: BenchSystem, receiver: TraceReceiver): Promise<SuiteResult> {
  const { system: untraced, options, print } = bench
  const rows = Math.round(options.rows / 2)
  const world: World = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: rows }
  const file: FileToImport = { path: path.join(untraced.filesDir, 'traces.csv'), world, byId: false }
  await writeFile(file.path, world)
  for (const { sql } of [untraced, traced]) await loadWorlds(sql, [world])

  const imports = await measurePairs(2 * options.pairs, untraced, traced, async (system) =>
    measureImport(system, file, rows),
  )
  await rm(file.path)
  const seconds = isTrial(options) ? 1 : LOAD_SECONDS
  const polls = await measurePairs(2 * options.pairs, untraced, traced, async (system) => measurePolls(system, seconds))
  // The last of them are sent when the programs end.
  await traced.stop()
  const spansPerMillion = (receiver.spans / (rows * (2 * options.pairs + 1))) * 1e6
  if (receiver.spans === 0) throw new Error('no span was received: both sides ran without traces')
  const { rowCount } = await untraced.sql.query('SELECT FROM import WHERE traceparent IS NOT NULL')
  if (rowCount !== 0) throw new Error('both sides ran with traces; unset OTEL_EXPORTER_OTLP_ENDPOINT for this suite')

  const compared = { import: comparePairs(imports), polls: comparePairs(polls) }
  printTable(
    bench,
    ['', '1/s, unset', 'set', 'CPU s/M, unset', 'set', 'ratio of CPU', 'ratio of times', 'least', 'most'],
    Object.entries(compared).map(([name, each]) => [
      name,
      each.unset.per_second,
      each.set.per_second,
      each.unset.cpu,
      each.set.cpu,
      each.ratio_cpu,
      each.ratio_time,
      each.least_ratio_time,
      each.most_ratio_time,
    ]),
  )
  print(`  ${round(spansPerMillion)} spans for a million rows`)
  return {
    figures: {
      traces_import_ratio_cpu: compared.import.ratio_cpu,
      traces_import_ratio_time: compared.import.ratio_time,
      traces_polls_ratio_cpu: compared.polls.ratio_cpu,
      traces_polls_ratio_time: compared.polls.ratio_time,
    },
    details: { rows, spans_per_million: spansPerMillion, ...compared },
  }
}

/** Each side begins every other pair, after one of each that is not counted: it fills caches and compiles. */
async function measurePairs(
  count: number,
  untraced: BenchSystem,
  traced: BenchSystem,
  measure: (system: BenchSystem) => Promise<Measured>,
): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (const system of [untraced, traced]) await measure(system)
  for (let n = 0; n < count; n += 1) {
    if (n % 2 === 0) {
      const unset = await measure(untraced)
      pairs.push({ unset, set: await measure(traced) })
    } else {
      const set = await measure(traced)
      pairs.push({ unset: await measure(untraced), set })
    }
  }
  return pairs
}

/** Processor time is that of intake, worker and PostgreSQL's sessions of the worker. */
async function measureImport(system: BenchSystem, file: FileToImport, rows: number): Promise<Measured> {
  await system.sql.query('TRUNCATE redemption, coupon_count, rejected_row, duplicate_row')
  await system.sql.query('CHECKPOINT')
  const cpu = new CpuTimes(rows)
  const { result, cpuSeconds } = await measureIntake(system, async () =>
    cpu.measureOurs(system, async () => importFile(system, file)),
  )
  await removeUploads(system)
  const { ours_database_cpu: database, ours_worker_cpu: worker } = cpu.summarize()
  const isKnown = database !== null && worker !== null && cpuSeconds !== null
  return {
    per_second: rows / result.secondsFromRequest,
    cpu: isKnown ? database + worker + (cpuSeconds / rows) * 1e6 : null,
  }
}

/** Polls of an import that is over. Processor time is the intake's. */
async function measurePolls(system: BenchSystem, seconds: number): Promise<Measured> {
  const { rows } = await system.sql.query<{ id: string }>('SELECT max(id) AS id FROM import')
  const url = `${system.url}/v1/imports/${rows[0]?.id}`
  const { result, cpuSeconds } = await measureIntake(system, async () => applyLoad(url, system.apiKey, seconds))
  const { requestsPerSecond } = result
  return {
    per_second: requestsPerSecond,
    cpu: cpuSeconds === null ? null : (cpuSeconds / (requestsPerSecond * seconds)) * 1e6,
  }
}

async function measureIntake<Result>(
  { dataDir }: BenchSystem,
  work: () => Promise<Result>,
): Promise<{ result: Result; cpuSeconds: number | null }> {
  const pid = process.platform === 'linux' ? findWorkerPid(dataDir, 'intake') : null
  const before = pid === null ? 0 : readCpuSeconds(pid)
  const result = await work()
  return { result, cpuSeconds: pid === null ? null : readCpuSeconds(pid) - before }
}

function comparePairs(pairs: readonly Pair[]): Compared {
  const times = pairs.map(({ unset, set }) => unset.per_second / set.per_second)
  const cpus = pairs.flatMap(({ unset, set }) => (unset.cpu === null || set.cpu === null ? [] : [set.cpu / unset.cpu]))
  const summarize = (side: 'unset' | 'set'): Measured => {
    const known = pairs.flatMap((pair) => pair[side].cpu ?? [])
    return {
      per_second: median(pairs.map((pair) => pair[side].per_second)),
      cpu: known.length === 0 ? null : median(known),
    }
  }
  return {
    unset: summarize('unset'),
    set: summarize('set'),
    ratio_cpu: cpus.length === 0 ? null : median(cpus),
    ratio_time: median(times),
    least_ratio_time: Math.min(...times),
    most_ratio_time: Math.max(...times),
    pairs,
  }
}
