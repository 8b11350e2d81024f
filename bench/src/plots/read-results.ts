import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

import { z } from 'zod'

const times = z.object({ ours_seconds: z.number(), theirs_seconds: z.number(), ratio: z.number() })

/** Processor seconds for a million rows; results from before it was measured lack it. */
const cpu = {
  ours_database_cpu: z.number().nullish(),
  ours_worker_cpu: z.number().nullish(),
  psql_cpu: z.number().nullish(),
}

const importSuite = z.object({
  cells: z.array(
    times.extend({
      title: z.string(),
      rows: z.number(),
      bad_percent: z.number(),
      preloaded_rows: z.number(),
      by: z.string(),
      ours_rows_per_second: z.number(),
      psql_rows_per_second: z.number(),
      ...cpu,
    }),
  ),
  where_time_goes: z
    .object({
      rows: z.number(),
      seconds: z.number(),
      partitions: z.number(),
      worker: z.object({ read: z.number(), map: z.number(), rest: z.number() }),
      database_cpu: z.number().nullish(),
      connections: z.object({
        computing: z.number(),
        data_io: z.number(),
        commit: z.number(),
        locks: z.number(),
        idle: z.number(),
      }),
      bytes_per_row: z.object({
        log: z.number(),
        table: z.number(),
        indexes: z.number(),
        coupon_index: z.number(),
        coupon: z.number(),
      }),
    })
    .nullable(),
})
export type CpuResults = z.output<z.ZodObject<typeof cpu>>
export type ImportResults = z.output<typeof importSuite>
export type ProfileResults = NonNullable<ImportResults['where_time_goes']>

const kinds = z.array(
  z.object({
    title: z.string(),
    rows: z.number(),
    ours_rows_per_second: z.number(),
    psql_rows_per_second: z.number().nullable(),
    ratio_to_once: z.number(),
    ratio_to_psql: z.number().nullable(),
    ...cpu,
  }),
)

/** Without an endpoint, and with one: rows or polls in a second, and processor seconds for a million of them. */
const tracedSide = z.object({ per_second: z.number(), cpu: z.number().nullable() })
const traced = z.object({
  unset: tracedSide,
  set: tracedSide,
  ratio_cpu: z.number().nullable(),
  ratio_time: z.number(),
  least_ratio_time: z.number(),
  most_ratio_time: z.number(),
})

const suites = {
  import: importSuite,
  'series-kinds': z.object({ kinds }),
  peers: z.object({
    sizes: z.array(
      z.object({
        rows: z.number(),
        ours_rows_per_second: z.number(),
        create_many_rows_per_second: z.number(),
        row_by_row_rows_per_second: z.number(),
        ratio_to_createmany: z.number(),
        ratio_to_row_by_row: z.number(),
      }),
    ),
  }),
  upload: times.extend({ bytes: z.number(), ratio_to_pipe: z.number() }),
  poll: z.object({
    ratio_to_constant: z.number(),
    p99: z.number(),
    staleness_max_ms: z.number().nullable(),
  }),
  latency: z.object({
    idle_p50_ms: z.number().nullable(),
    idle_p95_ms: z.number().nullable(),
    beside_giant_p50_ms: z.number().nullable(),
    beside_giant_p95_ms: z.number().nullable(),
  }),
  memory: z.object({
    rss_ratio: z.number(),
    rss_mb: z.number(),
    runs: z.array(z.object({ rows: z.number(), peak_mb: z.number(), idle_mb: z.number() })),
  }),
  reference: z.object({
    rows: z.number(),
    all_new: times,
    all_known: times,
  }),
  'row-security': z.object({
    kinds: z.array(
      z.object({
        title: z.string(),
        rows: z.number(),
        cpu_with: z.number().nullable(),
        cpu_without: z.number().nullable(),
        rows_per_second_with: z.number(),
        rows_per_second_without: z.number(),
        ratio_cpu: z.number().nullable(),
        ratio_seconds: z.number(),
      }),
    ),
  }),
  traces: z.object({ rows: z.number(), spans_per_million: z.number(), import: traced, polls: traced }),
  lookups: z.object({
    rows: z.number(),
    lookup_index_share: z.number(),
    redemptions_by_coupon_p50_ms: z.number(),
    redemptions_by_row_p50_ms: z.number(),
    redemptions_by_import_p50_ms: z.number(),
  }),
  actions: z.object({
    actions: z.object({ rows: z.number() }),
    cancel_answer_ms: z.number(),
    cancelled_ms: z.number(),
    resume_answer_ms: z.number(),
    resumed_s: z.number(),
    revert_s: z.number(),
    errors_page_p50_ms: z.number(),
    errors_csv_rows_per_second: z.number(),
    intake_rss_mb: z.number().nullable(),
  }),
}

const report = z.object({
  measured_at: z.string(),
  commit: z.string(),
  dirty: z.boolean(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    memory_gb: z.number(),
    system: z.string(),
    disk: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  postgres_settings: z.record(z.string(), z.string()),
  options: z.object({ rows: z.number(), pairs: z.number(), ten_million: z.boolean() }),
  suites: z.object(suites).partial(),
})
export type Report = z.output<typeof report>

type SuiteResults = { readonly [Name in keyof typeof suites]: z.output<(typeof suites)[Name]> }

export interface Results {
  /** the newest report that has this suite; undefined when none has */
  find<Name extends keyof SuiteResults>(
    name: Name,
  ): { readonly report: Report; readonly suite: SuiteResults[Name] } | undefined
  /** the reports of which something is used, the newest first */
  readonly reports: readonly Report[]
}

/** Reads what `--json` wrote. Throws when a file is nothing of the kind. */
export async function readResults(folder: string): Promise<Results> {
  const reports: Report[] = []
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue
    reports.push(report.parse(JSON.parse(await readFile(path.join(folder, name), 'utf8'))))
  }
  reports.sort((a, b) => b.measured_at.localeCompare(a.measured_at))
  return {
    find(name) {
      for (const one of reports) {
        const suite = one.suites[name] as SuiteResults[typeof name] | undefined
        if (suite !== undefined) return { report: one, suite }
      }
      return undefined
    },
    reports: reports.filter((one, index) =>
      Object.keys(one.suites).some((name) => reports.findIndex(({ suites: own }) => name in own) === index),
    ),
  }
}
