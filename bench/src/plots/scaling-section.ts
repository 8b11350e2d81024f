import { formatCell, renderMarkdownTable } from '../table.ts'
import type { ProfileResults, Report } from './read-results.ts'
import { estimateGrowth, estimateMachine, readRowCost, readWalSize, type GrowthOptions } from './scaling.ts'

const CORES = [2, 4, 8, 16, 32]
const REDEMPTIONS = [10_000_000, 100_000_000, 1_000_000_000]
const DISK_BYTES_PER_SECOND = 1e9
const SLOW_DISK_BYTES_PER_SECOND = 2e8
const DISK_OPERATIONS_PER_SECOND = 100_000
const CACHE_BYTES = 16 * 1024 ** 3
const LARGE_WAL_BYTES = 64 * 1024 ** 3
const TABLE_PARTITIONS = 100
const BILLION = 1_000_000_000

const micro = (seconds: number): string => `${formatCell(seconds * 1e6)} µs`
const gigabytes = (bytes: number): string => `${formatCell(bytes / 1e9)} GB`
const thousands = (rate: number): string => `${formatCell(Math.round(rate / 1_000))} k`

const WITHOUT_CPU =
  "The calculation needs the processor time of PostgreSQL's sessions, which these results of the import suite do not have: they are from before it was measured, or from a server on another machine. `npm run bench -- import --json bench/results/import.json` gives them."

/** The calculation on paper, with what was measured put in. Markdown. */
export function describeScaling(report: Report, profile: ProfileResults): string {
  const cost = readRowCost(profile)
  if (cost === null) return `## Larger machines, on paper\n\n${WITHOUT_CPU}\n`
  const walBytes = readWalSize(report)
  const measured = profile.rows / profile.seconds
  const predicted = estimateMachine(cost, report.machine.cores, DISK_BYTES_PER_SECOND)
  const machines = CORES.map((cores) => estimateMachine(cost, cores, DISK_BYTES_PER_SECOND))
  const slow = estimateMachine(cost, 32, SLOW_DISK_BYTES_PER_SECOND)
  const best = machines.at(-1) ?? predicted
  const grow = (changes: Partial<GrowthOptions>) =>
    estimateGrowth(cost, {
      redemptions: BILLION,
      cacheBytes: CACHE_BYTES,
      maxWalBytes: walBytes,
      diskBytesPerSecond: DISK_BYTES_PER_SECOND,
      diskOperationsPerSecond: DISK_OPERATIONS_PER_SECOND,
      ...changes,
    })
  const billion = grow({})
  const billionLargeLog = grow({ maxWalBytes: LARGE_WAL_BYTES })
  const billionPartitioned = grow({ redemptions: BILLION / TABLE_PARTITIONS, maxWalBytes: LARGE_WAL_BYTES })
  const hours = (rate: number): string => `${formatCell(BILLION / Math.min(rate, best.many) / 3600)} h`

  return `## Larger machines, on paper

Nothing in this section was measured but the constants: one import of ${formatCell(profile.rows)} rows, looked at while it ran.

| per row | | |
| --- | --- | --- |
| w | ${micro(cost.worker)} | processor time of the worker: reading, mapping, encoding, the driver |
| d | ${micro(cost.database)} | processor time of PostgreSQL's sessions (user and system): look-ups, rules, inserts |
| q | ${micro(cost.waiting)} | a partition's waiting for disk, log and locks |
| L | ${formatCell(cost.logBytes)} bytes | written to PostgreSQL's log |
| T + I | ${formatCell(cost.tableBytes)} + ${formatCell(cost.indexBytes)} bytes | redemption and its indexes, of which the coupon's ${formatCell(cost.couponIndexBytes)} |
| R | ${formatCell(cost.couponBytes)} bytes | a coupon with its indexes |

### Cores, partitions, disk

Four things limit the rows per second of one import, and the least of them is the rate:

- reading: 1 / w. One import is read, mapped and encoded by one thread;
- partitions: partitions / (d + q). Each partition has one batch under way at a time;
- cores: cores / (w + d), shared by everything that runs;
- disk: bytes per second / (L + T + I).

With the ${report.machine.cores} cores and ${profile.partitions} partitions measured here this gives ${thousands(Math.min(predicted.many, 1 / cost.worker, profile.partitions / (cost.database + cost.waiting)))} rows per second; the import that the constants come from made ${thousands(measured)}: what is between them is starting, ending, and what else runs: the intake app, PostgreSQL's background processes. Read the table with that discount. With a disk of ${formatCell(DISK_BYTES_PER_SECOND / 1e6)} MB/s and everything that is looked up in memory:

${renderMarkdownTable(
  [
    'cores',
    'IMPORT_PARTITIONS',
    'one import, rows/s',
    'first to saturate',
    'many imports, rows/s',
    'first to saturate',
    'imports to fill it',
  ],
  machines.map((one) => [
    one.cores,
    one.partitions,
    thousands(one.one),
    one.oneLimit,
    thousands(one.many),
    one.manyLimit,
    one.importsToFill,
  ]),
)}

More partitions than (d + q) / w = ${formatCell((cost.database + cost.waiting) / cost.worker)} do nothing for one import: then its reader is what others wait for, and more cores help only several imports at once, in several workers or with a higher WORKER_CONCURRENCY. A disk of ${formatCell(SLOW_DISK_BYTES_PER_SECOND / 1e6)} MB/s ends it all at ${thousands(slow.many)} rows per second (${slow.manyLimit}).

### Up to a billion redemptions

Redemptions of an import lie side by side in the table and in its primary key; only the unique index on the coupon is entered at random. It has P = S / 8 kB pages for S bytes. What grows with it:

- pages that are not in memory: a share of m = 1 − memory / S of all rows, each one read and one write;
- whole pages: n rows between two checkpoints touch P·(1 − e^(−n/P)) pages, and each goes whole into the log once and into its file once. n is what fits into max_wal_size.

With ${gigabytes(CACHE_BYTES)} of memory for that index, ${formatCell(DISK_OPERATIONS_PER_SECOND)} operations and ${formatCell(DISK_BYTES_PER_SECOND / 1e6)} MB a second, and max_wal_size as it was set here (${report.postgres_settings['max_wal_size'] ?? 'unknown'}):

${renderMarkdownTable(
  [
    'redemptions',
    'table and indexes',
    'coupon index',
    'not in memory',
    'whole pages in the log, bytes/row',
    'disk allows, rows/s',
  ],
  REDEMPTIONS.map((redemptions) => {
    const growth = grow({ redemptions })
    return [
      formatCell(redemptions),
      gigabytes(growth.dataBytes),
      gigabytes(growth.couponIndexBytes),
      `${formatCell(growth.missShare * 100)} %`,
      formatCell(growth.fullPageBytes),
      thousands(growth.diskRowsPerSecond),
    ]
  }),
)}

At a billion it is these pages that saturate the disk, long before the cores are. Two settings and one change to the schema push that away:

- max_wal_size of ${gigabytes(LARGE_WAL_BYTES)}: ${formatCell(billionLargeLog.fullPageBytes)} bytes of whole pages a row instead of ${formatCell(billion.fullPageBytes)}, and ${thousands(billionLargeLog.diskRowsPerSecond)} rows per second instead of ${thousands(billion.diskRowsPerSecond)}. The price is a longer recovery after a crash.
- Memory for the whole index, ${gigabytes(billion.couponIndexBytes)}; and for the coupons that are looked up, ${gigabytes(BILLION * cost.couponBytes)} if there are as many.
- A table that PostgreSQL partitions by series (list, or a hash of it). An import is of one series, so it enters the index of one part of the table. With ${TABLE_PARTITIONS} of equal size that index has ${gigabytes(billionPartitioned.couponIndexBytes)}, all of it in memory while the import runs; ${formatCell(billionPartitioned.fullPageBytes)} bytes of whole pages a row, ${thousands(billionPartitioned.diskRowsPerSecond)} rows per second. A series that is over can be detached at once.

What a partitioned table costs: PostgreSQL wants the partition key in every unique index, so the series would have to be a column of redemptions and part of both keys. A coupon belongs to one series, so its limit would still hold, as long as coupons with redemptions never move to another series: today they may. Partitioning by time would not do: nothing could then keep a coupon from being used once in each.

A billion rows take ${hours(billion.diskRowsPerSecond)} into one table with the settings measured here and ${hours(billionPartitioned.diskRowsPerSecond)} into a partitioned table with the larger log, on ${best.cores} cores. Numbers that end: a file has at most 2,147,483,647 rows, and so many imports can be counted; coupons, customers and tills have 64 bits.
`
}
