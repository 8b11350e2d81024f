/**
 * `npm run measure:workers [-- ROWS]`: four files of ROWS (100,000) uploaded at once, to one worker and to two, alternately,
 * three rounds. Prints rows per second, and the WAL that a redemption writes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { chooseFreePort } from '@importer/embedded-postgres'
import { bundlePrograms } from '@importer/local-system'

import { ORG_ID, startBenchSystem, type BenchSystem } from './bench-system.ts'
import { uploadFile, watchImports, type FileToImport } from './import-run.ts'
import { emptyTable } from './redemption-tables.ts'
import { median } from './statistics.ts'
import { loadWorlds, writeFile } from './world.ts'

const FILES = 4
const ROUNDS = 3
const SERIES = 7
const READY_POLL_MS = 100

async function main(): Promise<void> {
  const rows = Number(process.argv[2] ?? 100_000)
  const stopping = new AbortController()
  const print = (line: string): void => console.log(line)
  const bench = await startBenchSystem({ env: process.env, databaseUrl: undefined, print, signal: stopping.signal })
  try {
    const world = { orgId: ORG_ID, seriesId: SERIES, coupons: FILES * rows }
    await loadWorlds(bench.sql, [world])
    const files: FileToImport[] = []
    for (let n = 0; n < FILES; n += 1) {
      const file = { path: path.join(bench.filesDir, `${n}.csv`), world, byId: false }
      await writeFile(file.path, world, { skip: n * rows, rows })
      files.push(file)
    }
    const rates: Readonly<Record<1 | 2, number[]>> = { 1: [], 2: [] }
    const walBytes: number[] = []
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const workers of [1, 2] as const) {
        const second = workers === 2 ? await startSecondWorker(bench) : null
        const { seconds, wal } = await importAll(bench, files)
        await second?.stop()
        // The first round fills caches and statistics.
        if (round === 0) continue
        rates[workers].push((FILES * rows) / seconds)
        walBytes.push(wal / (FILES * rows))
        print(
          `round ${round}, ${workers} worker${workers > 1 ? 's' : ''}: ${Math.round((FILES * rows) / seconds)} rows/s`,
        )
      }
    }
    const [one, two] = [median(rates[1]), median(rates[2])]
    print(
      `median: ${Math.round(one)} rows/s with one, ${Math.round(two)} with two: ${(two / one).toFixed(2)} times; WAL for each row: ${Math.round(median(walBytes))} bytes`,
    )
  } finally {
    await bench.stop()
  }
}

async function importAll(
  bench: BenchSystem,
  files: readonly FileToImport[],
): Promise<{ seconds: number; wal: number }> {
  await emptyTable(bench.sql, 'redemption')
  // What a checkpoint has written since makes the next change of a page write it whole.
  await bench.sql.query('CHECKPOINT')
  const before = await readWalPosition(bench)
  const watch = await watchImports(bench)
  try {
    const startedAt = performance.now()
    const ids = await Promise.all(files.map(async (file) => uploadFile(bench, file)))
    for (const id of ids) await watch.untilCompleted(id)
    return { seconds: (performance.now() - startedAt) / 1000, wal: (await readWalPosition(bench)) - before }
  } finally {
    await watch.close()
  }
}

async function readWalPosition({ sql }: BenchSystem): Promise<number> {
  const { rows } = await sql.query<{ bytes: string }>(`SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes`)
  return Number(rows[0]?.bytes)
}

/** Beside the one that the system keeps running, with the same settings; resolves when it takes jobs. */
async function startSecondWorker({ databaseUrl, dataDir }: BenchSystem): Promise<{ stop: () => Promise<void> }> {
  const port = await chooseFreePort()
  const { worker } = await bundlePrograms(dataDir)
  const child = spawn(process.execPath, ['--max-old-space-size=256', worker], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      WORKER_PORT: String(port),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const exited = once(child, 'exit')
  while ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok !== true) {
    if (child.exitCode !== null) throw new Error(`the second worker ended with exit code ${child.exitCode}`)
    await delay(READY_POLL_MS)
  }
  return {
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

await main()
