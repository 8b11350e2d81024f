import { createReadStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS, type ColumnMapping } from '@importer/contracts'
import { readRecords } from '@importer/csv'

import { createRecordMapper } from '../../packages/imports/src/map-record.ts'
import { connect, type BenchSystem } from './bench-system.ts'
import { importFile, type FileToImport } from './import-run.ts'
import { timeSeconds } from './pairs.ts'
import { describeColumns } from './world.ts'
import { findWorkerPid, readCpuSeconds } from './worker-process.ts'

const SAMPLE_MS = 10
const READ_BYTES = 512 * 1024

/** Where the time of one import goes, in seconds, seen from outside. */
export interface Profile {
  readonly rows: number
  readonly seconds: number
  readonly lanes: number
  /** processor time of the worker: reading alone and mapping alone are timed apart, on the same file; the rest is rest */
  readonly worker: { readonly read: number; readonly map: number; readonly rest: number }
  /** what the lanes' connections were doing, by sampling: their sum is `seconds` times `lanes` */
  readonly connections: {
    readonly computing: number
    readonly data_io: number
    /** writing and syncing the log */
    readonly commit: number
    readonly locks: number
    /** nothing to do: waiting for the worker */
    readonly idle: number
  }
}

type Activity = keyof Profile['connections']

/** Imports a file and watches. Null where the worker's process cannot be looked at. */
export async function profileImport(system: BenchSystem, file: FileToImport): Promise<Profile | null> {
  if (process.platform !== 'linux') return null
  const pid = findWorkerPid(system.dataDir)
  if (pid === null) return null
  const cpuBefore = readCpuSeconds(pid)
  const sampler = await startSampling(system.databaseUrl)
  const { seconds, importId } = await importFile(system, file)
  const samples = await sampler.stop()
  const cpu = readCpuSeconds(pid) - cpuBefore
  const { rows } = await system.sql.query<{ lanes: number }>(
    'SELECT count(*)::int AS lanes FROM import_lane WHERE import_id = $1',
    [importId],
  )
  const lanes = rows[0]?.lanes ?? 1

  const read = await timeSeconds(async () => readAll(file, null))
  const readAndMap = await timeSeconds(async () => readAll(file, describeMapping(file.byId)))
  const map = Math.max(0, readAndMap - read)
  const inSeconds = (activity: Activity): number => (samples.counts[activity] / samples.ticks) * seconds
  const [computing, data_io, commit, locks] = [
    inSeconds('computing'),
    inSeconds('data_io'),
    inSeconds('commit'),
    inSeconds('locks'),
  ]
  const idle = Math.max(0, seconds * lanes - computing - data_io - commit - locks)
  return {
    rows: file.world.coupons,
    seconds,
    lanes,
    worker: { read, map, rest: Math.max(0, cpu - read - map) },
    connections: { computing, data_io, commit, locks, idle },
  }
}

async function readAll({ path }: FileToImport, mapping: ColumnMapping | null): Promise<void> {
  const mapper = mapping === null ? null : createRecordMapper(mapping, Date.now())
  const source = createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>
  for await (const { cells } of readRecords(source, { delimiter: ',' })) {
    if (mapper !== null) for (const record of cells) mapper.map(record)
  }
}

function describeMapping(byId: boolean): ColumnMapping {
  const customerIdentifier: keyof typeof CUSTOMER_IDENTIFIERS = byId ? 'USER_ID' : 'MOBILE'
  const couponIdentifier: keyof typeof COUPON_IDENTIFIERS = byId ? 'COUPON_ID' : 'COUPON_CODE'
  const positions = JSON.parse(describeColumns(byId)) as ColumnMapping['positions']
  return { customerIdentifier, couponIdentifier, positions }
}

interface Samples {
  readonly ticks: number
  readonly counts: Record<Activity, number>
}

/** Looks at the worker's connections every few milliseconds. */
async function startSampling(databaseUrl: string): Promise<{ stop(): Promise<Samples> }> {
  const sql = await connect(databaseUrl)
  const counts: Record<Activity, number> = { computing: 0, data_io: 0, commit: 0, locks: 0, idle: 0 }
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
        return { ticks, counts }
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
