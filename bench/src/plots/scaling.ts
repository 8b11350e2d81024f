import type { ProfileResults, Report } from './read-results.ts'

/** What one row costs, measured. Seconds and bytes. */
export interface RowCost {
  /** processor time of the worker */
  readonly worker: number
  /** processor time of PostgreSQL, in a partition's connection: utime and stime of its process */
  readonly database: number
  /** what a partition's connection waits for disk, log and locks */
  readonly waiting: number
  readonly logBytes: number
  readonly tableBytes: number
  readonly indexBytes: number
  readonly couponIndexBytes: number
  readonly couponBytes: number
}

/** Null where the processor time of PostgreSQL was not measured: a session that is active may be waiting for a processor. */
export function readRowCost(profile: ProfileResults): RowCost | null {
  const { rows, worker, database_cpu, connections, bytes_per_row: bytes } = profile
  if (database_cpu == null) return null
  return {
    worker: (worker.read + worker.map + worker.rest) / rows,
    database: database_cpu / rows,
    waiting: (connections.data_io + connections.commit + connections.locks) / rows,
    logBytes: bytes.log,
    tableBytes: bytes.table,
    indexBytes: bytes.indexes,
    couponIndexBytes: bytes.coupon_index,
    couponBytes: bytes.coupon,
  }
}

export type Limit = 'cores' | 'reading (one thread)' | 'partitions' | 'disk'

export interface Estimate {
  readonly cores: number
  readonly partitions: number
  /** one import, rows per second, and what keeps it from being faster */
  readonly one: number
  readonly oneLimit: Limit
  /** as many imports side by side as it takes */
  readonly many: number
  readonly manyLimit: Limit
  readonly importsToFill: number
}

/** `diskBytesPerSecond`: what the disk takes in steadily. Log and tables are each written once. */
export function estimateMachine(cost: RowCost, cores: number, diskBytesPerSecond: number): Estimate {
  const perRow = cost.database + cost.waiting
  // Partitions beyond what one reading thread can feed would idle; one for each core is enough.
  const partitions = Math.max(1, Math.min(cores, Math.ceil(perRow / cost.worker)))
  const disk = diskBytesPerSecond / (cost.logBytes + cost.tableBytes + cost.indexBytes)
  const machine = cores / (cost.worker + cost.database)
  const [one, oneLimit] = findLeast({
    'reading (one thread)': 1 / cost.worker,
    partitions: partitions / perRow,
    cores: machine,
    disk,
  })
  const [many, manyLimit] = findLeast({ cores: machine, disk })
  return { cores, partitions, one, oneLimit, many, manyLimit, importsToFill: Math.ceil(many / one) }
}

function findLeast(limits: Partial<Record<Limit, number>>): [number, Limit] {
  const [least] = (Object.entries(limits) as [Limit, number][]).toSorted((a, b) => a[1] - b[1])
  if (least === undefined) throw new Error('nothing limits it')
  return [least[1], least[0]]
}

const PAGE_BYTES = 8_192

export interface GrowthOptions {
  readonly redemptions: number
  /** memory that is left for the pages of the coupon index */
  readonly cacheBytes: number
  /** how much log there may be between two checkpoints */
  readonly maxWalBytes: number
  readonly diskBytesPerSecond: number
  readonly diskOperationsPerSecond: number
}

export interface Growth {
  readonly dataBytes: number
  readonly couponIndexBytes: number
  /** of the entries into that index, those whose page is not in memory */
  readonly missShare: number
  /** whole pages that the log carries, per row: each page once after every checkpoint */
  readonly fullPageBytes: number
  /** rows per second that the disk lets through */
  readonly diskRowsPerSecond: number
}

/**
 * What becomes dearer as the table grows: every row enters one index at random. A page that is not in memory is read
 * and later written (two operations); a page that is touched for the first time since a checkpoint goes into the log as
 * a whole.
 */
export function estimateGrowth(cost: RowCost, options: GrowthOptions): Growth {
  const { redemptions, cacheBytes, maxWalBytes, diskBytesPerSecond, diskOperationsPerSecond } = options
  const couponIndexBytes = redemptions * cost.couponIndexBytes
  const missShare = Math.max(0, 1 - cacheBytes / couponIndexBytes)
  const fullPageBytes = findFullPageBytes(couponIndexBytes / PAGE_BYTES, cost.logBytes, maxWalBytes)
  // A touched page goes whole into the log, and at the next checkpoint into its file.
  const bytes = cost.logBytes + 2 * fullPageBytes + cost.tableBytes + cost.indexBytes + missShare * PAGE_BYTES
  return {
    dataBytes: redemptions * (cost.tableBytes + cost.indexBytes),
    couponIndexBytes,
    missShare,
    fullPageBytes,
    diskRowsPerSecond: Math.min(
      diskBytesPerSecond / bytes,
      missShare === 0 ? Infinity : diskOperationsPerSecond / (2 * missShare),
    ),
  }
}

/**
 * n rows between two checkpoints touch P·(1 − e^(−n/P)) of an index's P pages, and n follows from how much log each row
 * makes: found by halving.
 */
function findFullPageBytes(pages: number, logBytes: number, maxWalBytes: number): number {
  const pagesTouched = (rows: number): number => pages * -Math.expm1(-rows / pages)
  let [low, high] = [1, maxWalBytes / logBytes]
  for (let i = 0; i < 60; i += 1) {
    const rows = (low + high) / 2
    if (rows * logBytes + pagesTouched(rows) * PAGE_BYTES > maxWalBytes) high = rows
    else low = rows
  }
  return (pagesTouched(low) * PAGE_BYTES) / low
}

/** `4GB` as bytes. */
export function readWalSize({ postgres_settings: settings }: Report): number {
  const match = /^(\d+)(MB|GB)$/.exec(settings['max_wal_size'] ?? '')
  return match === null ? 1024 ** 3 : Number(match[1]) * (match[2] === 'GB' ? 1024 ** 3 : 1024 ** 2)
}
