import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Bench, SuiteResult } from './bench.ts'
import { startBenchSystem, type BenchSystem } from './bench-system.ts'
import type { RawEnvironment } from './env.ts'
import { describeMachine, type MeasuredOn } from './machine.ts'
import { isTrial, type BenchOptions, type SuiteName } from './options.ts'
import { runDatesSuite } from './suites/dates.ts'
import { runImportSuite } from './suites/import.ts'
import { runLatencySuite } from './suites/latency.ts'
import { runActionsSuite } from './suites/actions.ts'
import { runLookupsSuite } from './suites/lookups.ts'
import { runMemorySuite } from './suites/memory.ts'
import { runPeersSuite } from './suites/peers.ts'
import { runPollSuite } from './suites/poll.ts'
import { runRejectedSuite } from './suites/rejected.ts'
import { runReferenceSuite } from './suites/reference.ts'
import { runRowSecuritySuite } from './suites/row-security.ts'
import { runSeriesKindsSuite } from './suites/series-kinds.ts'
import { runTracesSuite } from './suites/traces.ts'
import { runUploadSuite } from './suites/upload.ts'

const RUN: Readonly<Record<SuiteName, (bench: Bench) => Promise<SuiteResult>>> = {
  import: runImportSuite,
  dates: runDatesSuite,
  'series-kinds': runSeriesKindsSuite,
  peers: runPeersSuite,
  upload: runUploadSuite,
  poll: runPollSuite,
  latency: runLatencySuite,
  memory: runMemorySuite,
  reference: runReferenceSuite,
  lookups: runLookupsSuite,
  actions: runActionsSuite,
  rejected: runRejectedSuite,
  'row-security': runRowSecuritySuite,
  traces: runTracesSuite,
}

export interface RunOptions extends BenchOptions {
  readonly env: RawEnvironment
  readonly print: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Runs the suites one after the other, each on a system of its own, and prints and writes what they found. When they
 * are only tried, with few rows, one system does for all.
 */
export async function runSuites(options: RunOptions): Promise<void> {
  const { print, suites: names } = options
  const suites: Partial<Record<SuiteName, object>> = {}
  const figures: Record<string, number | null> = {}
  let measuredOn: MeasuredOn | null = null
  if (options.json !== undefined) await mkdir(path.dirname(options.json), { recursive: true })
  for (const group of isTrial(options) ? [names] : names.map((name) => [name])) {
    const system = await startBenchSystem(options)
    const others: BenchSystem[] = []
    const startAnother = async (env: RawEnvironment): Promise<BenchSystem> => {
      const other = await startBenchSystem({ ...options, env: { ...options.env, ...env } })
      others.push(other)
      return other
    }
    try {
      measuredOn ??= await printMachine(options, system.sql, system.dataDir)
      for (const name of group) {
        print(`\n${name}`)
        const result = await unlessAborted(RUN[name]({ system, options, startAnother, print }), options.signal)
        Object.assign(figures, result.figures)
        suites[name] = { ...result.figures, ...result.details }
        // At once: what comes next may take an hour, and fail.
        await writeReport(options, { ...figures, ...measuredOn }, suites)
      }
    } finally {
      for (const other of others) await other.stop()
      await system.stop()
    }
  }
  print('')
  for (const [name, value] of Object.entries(figures)) print(`${name}: ${value === null ? '-' : value.toFixed(3)}`)
}

async function writeReport({ json, rows, pairs, tenMillion }: RunOptions, head: object, suites: object): Promise<void> {
  if (json === undefined) return
  const report = { ...head, options: { rows, pairs, ten_million: tenMillion }, suites }
  await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
}

/** Leaves the work alone once it is aborted: what it works with is taken away from it. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  work.catch(() => undefined)
  aborted.catch(() => undefined)
  return Promise.race([work, aborted])
}

async function printMachine(options: RunOptions, ...where: Parameters<typeof describeMachine>): Promise<MeasuredOn> {
  const { print, rows } = options
  const measuredOn = await describeMachine(...where)
  const { machine, versions, postgres_settings: settings, commit, dirty } = measuredOn
  print(`machine: ${machine.cores} × ${machine.cpu}, ${machine.memory_gb} GB, ${machine.system}, ${machine.disk}`)
  print(`versions: ${listPairs(versions)}`)
  print(`PostgreSQL: ${listPairs(settings)}`)
  print(`commit: ${commit}${dirty ? ', with changes' : ''}`)
  if (isTrial(options)) print(`tried with ${rows.toLocaleString('en-US')} rows for a million: the figures say little`)
  return measuredOn
}

function listPairs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
