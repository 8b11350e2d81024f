import { rm } from 'node:fs/promises'
import path from 'node:path'

import { openDatabase, type Database } from '@importer/db'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID } from '../bench-system.ts'
import { importFile, type FileToImport } from '../import-run.ts'
import { importByCreateMany, importRowByRow, type PrismaWay } from '../opponents/prisma-ways.ts'
import { compareTimes, measurePairs, timeSeconds, type Comparison } from '../pairs.ts'
import { emptyTable } from '../redemption-tables.ts'
import { loadWorlds, writeFile } from '../world.ts'

export interface PeerSize {
  readonly rows: number
  readonly ours_rows_per_second: number
  readonly create_many_rows_per_second: number
  readonly row_by_row_rows_per_second: number
  readonly ratio_to_createmany: number
  readonly ratio_to_row_by_row: number
  readonly create_many: Comparison
  readonly row_by_row: Comparison
}

export interface PeersDetails {
  readonly sizes: readonly PeerSize[]
}

const ROWS = 20_000
const SERIES_ID = 200
const POOL = 10

/** Each of the ORM's two ways against ours, in turn, on 20,000 rows; and on a tenth of them, for the plot. */
export async function runPeersSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  const database = openDatabase({
    url: system.databaseUrl,
    applicationName: 'bench-peers',
    maxConnections: POOL,
    onConnectionLost: (error) => bench.print(`a connection broke: ${error.message}`),
  })
  try {
    const sizes: PeerSize[] = []
    const full = Math.min(ROWS, options.rows)
    for (const rows of [full / 10, full]) sizes.push(await measureSize(bench, database, Math.round(rows)))
    printTable(
      bench,
      ['rows', 'ours, rows/s', 'createMany, rows/s', 'row by row, rows/s', 'to createMany', 'to row by row'],
      sizes.map((size) => [
        size.rows,
        size.ours_rows_per_second,
        size.create_many_rows_per_second,
        size.row_by_row_rows_per_second,
        size.ratio_to_createmany,
        size.ratio_to_row_by_row,
      ]),
    )
    const last = sizes.at(-1)
    const figures = {
      ratio_to_createmany: last?.ratio_to_createmany ?? null,
      ratio_to_row_by_row: last?.ratio_to_row_by_row ?? null,
    }
    return { figures, details: { sizes } satisfies PeersDetails }
  } finally {
    await database.close()
  }
}

async function measureSize(bench: Bench, database: Database, rows: number): Promise<PeerSize> {
  const { system } = bench
  const world = { orgId: ORG_ID, seriesId: SERIES_ID, coupons: rows }
  await loadWorlds(system.sql, [world])
  const file: FileToImport = { path: path.join(system.filesDir, 'peers.csv'), world, byId: false }
  await writeFile(file.path, world)

  const reset = async (): Promise<void> => {
    await emptyTable(system.sql, 'redemption')
    await system.sql.query('CHECKPOINT')
  }
  const check = async (): Promise<void> => {
    const found = await system.sql.query<{ count: number }>('SELECT count(*)::int AS count FROM redemption')
    if (found.rows[0]?.count !== rows) throw new Error(`${found.rows[0]?.count} of ${rows} rows were imported`)
  }
  const measure = async (work: () => Promise<number>): Promise<number> => {
    await reset()
    const seconds = await work()
    await check()
    return seconds
  }
  const runWay = async (way: PrismaWay): Promise<number> => timeSeconds(async () => way(database, file))
  const ours = async (): Promise<number> => measure(async () => (await importFile(system, file)).seconds)
  const compare = async (title: string, way: PrismaWay): Promise<Comparison> => {
    const theirs = async (): Promise<number> => measure(async () => runWay(way))
    const pairs = await measurePairs(bench.options.pairs, { ours, theirs })
    for (const pair of pairs) {
      bench.print(
        `  ${rows.toLocaleString('en-US')} rows: ours ${pair.ours.toFixed(2)} s, ${title} ${pair.theirs.toFixed(2)} s`,
      )
    }
    return compareTimes(pairs)
  }
  // Once for everyone to get warm. Then each way has its own pairs: beside the minute of the slowest, whoever waited for
  // it would begin with nothing in the processor's caches, and the others would not.
  await ours()
  await measure(async () => runWay(importByCreateMany))
  const createMany = await compare('createMany', importByCreateMany)
  const rowByRow = await compare('row by row', importRowByRow)
  await rm(file.path)
  await removeUploads(system)
  return {
    rows,
    ours_rows_per_second: rows / createMany.ours_seconds,
    create_many_rows_per_second: rows / createMany.theirs_seconds,
    row_by_row_rows_per_second: rows / rowByRow.theirs_seconds,
    ratio_to_createmany: createMany.ratio,
    ratio_to_row_by_row: rowByRow.ratio,
    create_many: createMany,
    row_by_row: rowByRow,
  }
}
