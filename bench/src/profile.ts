import { createReadStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import type { ColumnMapping } from '@importer/contracts'
import { readRecords } from '@importer/csv'

import { createRecordMapper, prepareReading } from '../../packages/imports/src/rules/map-record.ts'
import { connect, type BenchSystem } from './bench-system.ts'
import { importFile, type FileToImport } from './import-run.ts'
import { timeSeconds } from './pairs.ts'
import { startBackendMeter } from './processor-time.ts'
import { describeColumns } from './world.ts'
import { findWorkerPid, readCpuSeconds } from './worker-process.ts'

const SAMPLE_MS = 10
const READ_ROUNDS = 2
const READ_BYTES = 512 * 1024

/** Where the time of one import goes, in seconds, seen from outside. */
export interface Profile {
  readonly rows: number
  readonly seconds: number
  readonly partitions: number
  /** processor time of the worker: reading alone and mapping alone are timed apart, on the same file; the rest is rest */
  readonly worker: { readonly read: number; readonly map: number; readonly rest: number }
  /** processor time of PostgreSQL's sessions of the worker, user and system; null where it cannot be looked at */
  readonly database_cpu: number | null
  /** what the partitions' connections were doing, by sampling: their sum is `seconds` times `partitions` */
  readonly connections: {
    /** computing, or waiting for a processor to compute on */
    readonly computing: number
    readonly data_io: number
    /** writing and syncing the log */
    readonly commit: number
    readonly locks: number
    /** nothing to do: waiting for the worker */
    readonly idle: number
  }
  readonly bytes_per_row: {
    /** written to PostgreSQL's log, full pages after a checkpoint included */
    readonly log: number
    readonly table: number
    readonly indexes: number
    /** of the index that is entered at random: one redemption a coupon */
    readonly coupon_index: number
    /** of a coupon, with its indexes */
    readonly coupon: number
  }
}

type Activity = keyof Profile['connections']

/** Imports a file and watches. Null where the worker's process cannot be looked at. */
export async function profileImport(system: BenchSystem, file: FileToImport): Promise<Profile | null> {
  if (process.platform !== 'linux') return null
  const pid = findWorkerPid(system.dataDir)
  if (pid === null) return null
  const cpuBefore = readCpuSeconds(pid)
  const logBefore = await readLogPosition(system)
  const meter = await startBackendMeter(system.sql, 'worker')
  const sampler = await startSampling(system.ownerUrl)
  const { seconds, importId } = await importFile(system, file)
  const samples = await sampler.stop()
  const database_cpu = await meter.read()
  const logBytes = (await readLogPosition(system)) - logBefore
  const cpu = readCpuSeconds(pid) - cpuBefore

  const rows = file.world.coupons
  const partitions = await countPartitions(system, importId)
  const { read, map } = await timeReading(file)
  const inSeconds = (activity: Activity): number => (samples.counts[activity] / samples.ticks) * samples.seconds
  const computing = inSeconds('computing')
  const data_io = inSeconds('data_io')
  const commit = inSeconds('commit')
  const locks = inSeconds('locks')
  return {
    rows,
    seconds,
    partitions,
    worker: { read, map, rest: Math.max(0, cpu - read - map) },
    database_cpu,
    connections: {
      computing,
      data_io,
      commit,
      locks,
      idle: Math.max(0, seconds * partitions - computing - data_io - commit - locks),
    },
    bytes_per_row: { log: logBytes / rows, ...(await measureTables(system, rows)) },
  }
}

/** Processor seconds of reading, and of mapping what was read, with the code compiled. */
export async function timeReading(file: FileToImport): Promise<{ read: number; map: number }> {
  const mapping = { ...describeMapping(file.byId), ...file.rules }
  const seconds = { read: Infinity, both: Infinity }
  for (let i = 0; i < READ_ROUNDS; i += 1) {
    seconds.read = Math.min(seconds.read, await timeSeconds(async () => readAll(file, null)))
    seconds.both = Math.min(seconds.both, await timeSeconds(async () => readAll(file, mapping)))
  }
  return { read: seconds.read, map: Math.max(0, seconds.both - seconds.read) }
}

async function countPartitions({ sql }: BenchSystem, importId: number): Promise<number> {
  const { rows } = await sql.query<{ partitions: number }>(
    'SELECT count(*)::int AS partitions FROM import_lane WHERE import_id = $1',
    [importId],
  )
  return rows[0]?.partitions ?? 1
}

/** Bytes of log written since the cluster was made. */
async function readLogPosition({ sql }: BenchSystem): Promise<number> {
  const { rows } = await sql.query<{ bytes: number }>(`SELECT (pg_current_wal_lsn() - '0/0')::float8 AS bytes`)
  return rows[0]?.bytes ?? 0
}

async function measureTables({ sql }: BenchSystem, rows: number): Promise<Omit<Profile['bytes_per_row'], 'log'>> {
  const sizes = await sql.query<Omit<Profile['bytes_per_row'], 'log'>>(
    `SELECT pg_table_size('redemption')::float8 / $1 AS table, pg_indexes_size('redemption')::float8 / $1 AS indexes,
            pg_relation_size('redemption_ordinal_key')::float8 / $1 AS coupon_index,
            pg_total_relation_size('coupon')::float8 / $1 AS coupon`,
    [rows],
  )
  const [found] = sizes.rows
  if (found === undefined) throw new Error('the sizes of the tables are not to be had')
  return found
}

async function readAll({ path }: FileToImport, mapping: ColumnMapping | null): Promise<void> {
  const mapper = mapping === null ? null : createRecordMapper(await prepareReading(mapping, Date.now()))
  const source = createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>
  for await (const { cells } of readRecords(source, { delimiter: ',' })) {
    if (mapper !== null) for (const record of cells) mapper.map(record)
  }
}

function describeMapping(byId: boolean): ColumnMapping {
  return {
    customerIdentifier: byId ? 'USER_ID' : 'MOBILE',
    couponIdentifier: byId ? 'COUPON_ID' : 'COUPON_CODE',
    positions: JSON.parse(describeColumns(byId)) as ColumnMapping['positions'],
  }
}

interface Samples {
  readonly ticks: number
  /** from the first look to the last */
  readonly seconds: number
  readonly counts: Record<Activity, number>
}

/** Looks at the worker's connections every few milliseconds. */
async function startSampling(ownerUrl: string): Promise<{ stop(): Promise<Samples> }> {
  const sql = await connect(ownerUrl)
  const counts: Record<Activity, number> = { computing: 0, data_io: 0, commit: 0, locks: 0, idle: 0 }
  const startedAt = performance.now()
  let ticks = 0
  let stopped = false
  const run = async (): Promise<void> => {
    while (!stopped) {
      const { rows } = await sql.query<{ type: string | null; event: string | null }>({
        name: 'activity',
        text: `SELECT wait_event_type AS type, wait_event AS event FROM pg_stat_activity
               WHERE application_name = 'worker' AND datname = current_database() AND state = 'active'`,
      })
      ticks += 1
      for (const { type, event } of rows) counts[classify(type, event)] += 1
      await delay(SAMPLE_MS)
    }
  }
  const running = run()
  // Whoever stops it hears of a failure.
  running.catch(() => undefined)
  return {
    async stop() {
      stopped = true
      try {
        await running
        return { ticks, seconds: (performance.now() - startedAt) / 1000, counts }
      } finally {
        await sql.end()
      }
    },
  }
}

function classify(type: string | null, event: string | null): Activity {
  if (type === null) return 'computing'
  if (event?.toLowerCase().startsWith('wal') === true) return 'commit'
  if (type === 'IO') return 'data_io'
  if (type === 'Client') return 'idle'
  return 'locks'
}
