import { rm } from 'node:fs/promises'
import path from 'node:path'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID } from '../bench-system.ts'
import { importFile } from '../import-run.ts'
import { emptyTable } from '../redemption-tables.ts'
import { median } from '../statistics.ts'
import { readResidentMemory, restartWorker } from '../worker-process.ts'
import { loadWorlds, writeFile } from '../world.ts'

export interface MemoryRun {
  readonly rows: number
  /** the most that was resident at any time of the process's life, MiB */
  readonly peak_mb: number
  /** before the import began */
  readonly idle_mb: number
  /** over time: seconds from the upload, MiB */
  readonly samples: readonly (readonly [seconds: number, mb: number])[]
}

export interface MemoryDetails {
  readonly runs: readonly MemoryRun[]
}

const SERIES_ID = 600
const SAMPLE_MS = 100
const KEPT_SAMPLES = 200
const TIMES_LARGER = 10

/** Resident memory of the worker, a new process each time, at one million rows and at ten. */
export async function runMemorySuite(bench: Bench): Promise<SuiteResult> {
  if (process.platform !== 'linux') throw new Error('the memory suite reads /proc, which only Linux has')
  const { rows, pairs } = bench.options
  const small: MemoryRun[] = await measureSize(bench, rows, pairs)
  const large = await measureSize(bench, rows * TIMES_LARGER, 1)
  const runs = [...small, ...large]
  printTable(
    bench,
    ['rows', 'idle, MiB', 'peak, MiB'],
    runs.map((run) => [run.rows, run.idle_mb, run.peak_mb]),
  )
  const peakOf = (measured: readonly MemoryRun[]): number => median(measured.map(({ peak_mb }) => peak_mb))
  return {
    figures: { rss_ratio: peakOf(large) / peakOf(small), rss_mb: Math.max(...runs.map(({ peak_mb }) => peak_mb)) },
    details: { runs } satisfies MemoryDetails,
  }
}

async function measureSize(bench: Bench, rows: number, times: number): Promise<MemoryRun[]> {
  const { system, print } = bench
  print(`  making ${rows.toLocaleString('en-US')} coupons`)
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: rows }
  await loadWorlds(system.sql, [world])
  const file = { path: path.join(system.filesDir, 'memory.csv'), world, byId: false }
  await writeFile(file.path, world)
  const runs: MemoryRun[] = []
  for (let i = 0; i < times; i += 1) {
    await emptyTable(system.sql, 'redemption')
    const pid = await restartWorker(system.dataDir)
    const sampler = startSampling(pid)
    await importFile(system, file)
    runs.push({ rows, ...sampler.stop() })
    await removeUploads(system)
  }
  await rm(file.path)
  return runs
}

function startSampling(pid: number): { stop(): Omit<MemoryRun, 'rows'> } {
  const startedAt = performance.now()
  const samples: [number, number][] = []
  const sample = (): void => {
    const memory = readResidentMemory(pid)
    if (memory !== null) samples.push([(performance.now() - startedAt) / 1000, memory.nowMb])
  }
  sample()
  const timer = setInterval(sample, SAMPLE_MS)
  return {
    stop() {
      clearInterval(timer)
      sample()
      const peak = readResidentMemory(pid)
      if (peak === null) throw new Error('the worker ended while it was looked at')
      const step = Math.ceil(samples.length / KEPT_SAMPLES)
      return {
        peak_mb: peak.peakMb,
        idle_mb: samples[0]?.[1] ?? 0,
        samples: samples.filter((_, index) => index % step === 0),
      }
    },
  }
}
