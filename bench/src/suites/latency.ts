import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createClient } from '@importer/client'
import { ensureAdminKey, openDatabase } from '@importer/db'

import { printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID, type BenchSystem } from '../bench-system.ts'
import { createGiant, type Giant } from '../giant.ts'
import { uploadFile, watchImports } from '../import-run.ts'
import { isTrial } from '../options.ts'
import { percentile } from '../statistics.ts'
import { loadWorlds, writeFile, type World } from '../world.ts'

const SMALL_ROWS = 100
const SAMPLES = 30
const SAMPLES_IN_A_TRIAL = 4
const OTHER_ORG_ID = 2
const SERIES_ID = 400
/** Small files are looked at more often: what is measured is as long as some looks. */
const POLL_MS = 3
/** As an eager client asks. */
const CLIENT_POLL_MS = 20
const PAUSE_MS = 100

interface Sample {
  /** whether the small file is of the giant's organization */
  readonly ofSameOrg: boolean
  /** request to COMPLETED in the database, ms */
  readonly ms: number
  /** request to the client having seen COMPLETED, ms */
  readonly seenMs: number
}

/** A hundred rows, from the request to COMPLETED, on an idle machine and beside a giant. */
export async function runLatencySuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const samples = isTrial(options) ? SAMPLES_IN_A_TRIAL : SAMPLES
  const other = await openOtherOrg(system)
  const ownWorld: World = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: options.rows + SMALL_ROWS * samples * 8 }
  const otherWorld: World = { orgId: OTHER_ORG_ID, seriesId: SERIES_ID, coupons: SMALL_ROWS * samples * 8 }
  bench.print('  making reference data')
  await loadWorlds(system.sql, [ownWorld, otherWorld])
  const giantFile = { path: path.join(system.filesDir, 'giant.csv'), world: ownWorld, byId: false }
  await writeFile(giantFile.path, ownWorld, { rows: options.rows })
  const giant = await createGiant(system, giantFile)
  let next = 0
  const takeSample = async (): Promise<Sample> => {
    const ofSameOrg = next % 2 === 0
    const world = ofSameOrg ? ownWorld : otherWorld
    const file = { path: path.join(system.filesDir, 'small.csv'), world, byId: false }
    const skip = next * SMALL_ROWS + (ofSameOrg ? options.rows : 0)
    await writeFile(file.path, world, { skip, rows: SMALL_ROWS })
    next += 1
    const sample = await measureSmall(ofSameOrg ? system : other, file)
    await delay(PAUSE_MS)
    return { ofSameOrg, ...sample }
  }
  try {
    // The first file of a process finds it cold.
    await takeSample()
    const idle: Sample[] = []
    for (let i = 0; i < samples; i += 1) idle.push(await takeSample())
    const beside = await sampleBeside(giant, samples, takeSample)
    return report(bench, idle, beside)
  } finally {
    await giant.close()
    await rm(giantFile.path, { force: true })
  }
}

/** Only those count during which the giant ran from beginning to end. */
async function sampleBeside(giant: Giant, count: number, takeSample: () => Promise<Sample>): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let attempt = 0; attempt < count * 3 && samples.length < count; attempt += 1) {
    if (!(await giant.isRunning())) await giant.start()
    const sample = await takeSample()
    if (await giant.isRunning()) samples.push(sample)
  }
  return samples
}

async function measureSmall(
  system: BenchSystem,
  file: { path: string; world: World; byId: boolean },
): Promise<{ ms: number; seenMs: number }> {
  const watch = await watchImports(system, POLL_MS)
  try {
    const requestedAt = performance.now()
    const importId = await uploadFile(system, file)
    const seen = waitAsClient(system, importId, requestedAt)
    seen.catch(() => undefined)
    await watch.untilCompleted(importId)
    const ms = performance.now() - requestedAt
    return { ms, seenMs: await seen }
  } finally {
    await watch.close()
  }
}

async function waitAsClient(system: BenchSystem, importId: number, requestedAt: number): Promise<number> {
  for (;;) {
    const { status } = await system.client.showImport({ importId })
    if (status === 'completed') return performance.now() - requestedAt
    if (status !== 'queued' && status !== 'processing') throw new Error(`import ${importId} is ${status}`)
    await delay(CLIENT_POLL_MS)
  }
}

/** The same system as another organization sees it. */
async function openOtherOrg(system: BenchSystem): Promise<BenchSystem> {
  const apiKey = randomBytes(24).toString('hex')
  const database = openDatabase({
    url: system.databaseUrl,
    applicationName: 'bench-orgs',
    maxConnections: 1,
    onConnectionLost: () => undefined,
  })
  try {
    await ensureAdminKey(database, { orgId: OTHER_ORG_ID, apiKey, revive: true })
  } finally {
    await database.close()
  }
  return { ...system, apiKey, client: createClient({ url: system.url, apiKey }) }
}

function report(bench: Bench, idle: readonly Sample[], beside: readonly Sample[]): SuiteResult {
  const describe = (samples: readonly Sample[]) => ({
    samples: samples.length,
    p50_ms: percentile(
      samples.map(({ ms }) => ms),
      0.5,
    ),
    p95_ms: percentile(
      samples.map(({ ms }) => ms),
      0.95,
    ),
    client_p50_ms: percentile(
      samples.map(({ seenMs }) => seenMs),
      0.5,
    ),
    client_p95_ms: percentile(
      samples.map(({ seenMs }) => seenMs),
      0.95,
    ),
  })
  const kinds = {
    idle: describe(idle),
    beside_giant: describe(beside),
    beside_giant_of_same_org: describe(beside.filter(({ ofSameOrg }) => ofSameOrg)),
    beside_giant_of_other_org: describe(beside.filter(({ ofSameOrg }) => !ofSameOrg)),
  }
  printTable(
    bench,
    ['100 rows', 'samples', 'p50, ms', 'p95, ms', 'seen p50, ms', 'seen p95, ms'],
    Object.entries(kinds).map(([name, kind]) => [
      name.replaceAll('_', ' '),
      kind.samples,
      kind.p50_ms,
      kind.p95_ms,
      kind.client_p50_ms,
      kind.client_p95_ms,
    ]),
  )
  return {
    figures: {
      p50: kinds.idle.p50_ms,
      p95: kinds.beside_giant.p95_ms,
      idle_p50_ms: kinds.idle.p50_ms,
      idle_p95_ms: kinds.idle.p95_ms,
      beside_giant_p50_ms: kinds.beside_giant.p50_ms,
      beside_giant_p95_ms: kinds.beside_giant.p95_ms,
    },
    details: { ...kinds, idle_samples: idle, beside_giant_samples: beside },
  }
}
