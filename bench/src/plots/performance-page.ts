import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { isTrial, UsageError } from '../options.ts'
import { evaluateBars } from './bars.ts'
import { renderMarkdownTable } from '../table.ts'
import { drawPictures, type Picture } from './pictures.ts'
import { readResults, type CpuResults, type Report, type Results } from './read-results.ts'
import { describeScaling } from './scaling-section.ts'

const PICTURES = 'performance'

export interface PageOptions {
  readonly resultsFolder: string
  /** gets performance.md, and the pictures in a folder beside it */
  readonly docsFolder: string
  readonly print: (line: string) => void
}

/** Writes docs/performance.md and its pictures from what the benchmarks left. Throws when there is nothing. */
export async function writePerformancePage({ resultsFolder, docsFolder, print }: PageOptions): Promise<void> {
  const results = await readResults(resultsFolder)
  if (results.reports.length === 0)
    throw new UsageError(`${resultsFolder} holds no results; expected what --json writes`)
  const pictures = drawPictures(results)
  await mkdir(path.join(docsFolder, PICTURES), { recursive: true })
  for (const { file, svg } of pictures) await writeFile(path.join(docsFolder, PICTURES, file), svg)
  const page = path.join(docsFolder, 'performance.md')
  await writeFile(page, renderPage(results, pictures))
  print(`${page} and ${pictures.length} pictures`)
}

function renderPage(results: Results, pictures: readonly Picture[]): string {
  const found = results.find('import')
  const profile = found?.suite.where_time_goes ?? null
  return (
    `# Performance

Written by \`npm run bench -- plots\` from \`bench/results/*.json\`; measured by \`npm run bench\`. Every comparison was made in one run, ours and theirs in turn, and each figure is the median of its pairs. What each suite does stands at the head of its file in \`bench/src/suites\`; the opponent of the imports is \`bench/sql/psql-by-hand.sql\`.

${results.reports.map(describeRun).join('\n\n')}

## What is promised, and what was measured

${renderMarkdownTable(
  ['', 'promised', 'measured', ''],
  evaluateBars(results).map(({ what, bar, measured, holds }) => [
    what,
    bar,
    measured,
    holds ? 'holds' : '**falls short**',
  ]),
)}

${renderCells(results)}${renderKinds(results)}${renderLookups(results)}${renderActions(results)}${renderRowSecurity(results)}${renderTraces(results)}${pictures.map(({ file, caption }) => `## ${caption}\n\n![${caption}](${PICTURES}/${file})\n`).join('\n')}
${profile === null || found === undefined ? '' : `${describeProfile()}\n${describeScaling(found.report, profile)}`}`.trimEnd() +
    '\n'
  )
}

function describeRun(report: Report): string {
  const { machine, versions, commit, dirty, measured_at, options } = report
  const suites = Object.keys(report.suites).join(', ')
  const trial = isTrial(options)
    ? ` **Tried with ${options.rows.toLocaleString('en-US')} rows for a million: no measurement.**`
    : ''
  const list = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
  return `- ${suites}: commit \`${commit.slice(0, 12)}\`${dirty ? ' with changes' : ''}, ${measured_at.slice(0, 10)}, ${machine.cores} × ${machine.cpu}, ${machine.memory_gb} GB, ${machine.system}, ${machine.disk.split(',')[0] ?? ''}; ${list}; medians of ${options.pairs}.${trial}`
}

function renderCells(results: Results): string {
  const found = results.find('import')
  if (found === undefined) return ''
  const rows = found.suite.cells.map((cell) => [
    cell.title,
    cell.ours_seconds,
    cell.theirs_seconds,
    cell.ours_rows_per_second,
    cell.psql_rows_per_second,
    cell.ratio,
    ...describeCpu(cell),
  ])
  const head = ['import', 'ours, s', 'psql, s', 'ours, rows/s', 'psql, rows/s', 'ratio', ...CPU_HEAD]
  return `## Imports against psql by hand\n\n${renderMarkdownTable(head, rows)}\n\n${CPU_NOTE}\n\n`
}

const CPU_HEAD = ['PostgreSQL, CPU s/M', 'worker, CPU s/M', 'psql, CPU s/M']
const CPU_NOTE = `CPU s/M: processor seconds, user and system, for a million rows: of PostgreSQL's sessions of the worker, of the worker, and of the session that ran the script, from /proc. Ours uses several sessions at once, so it can take less time and more processor.`

function describeCpu(cell: CpuResults): (number | string)[] {
  return [cell.ours_database_cpu, cell.ours_worker_cpu, cell.psql_cpu].map((seconds) => seconds ?? '-')
}

function renderKinds(results: Results): string {
  const found = results.find('series-kinds')
  if (found === undefined) return ''
  const rows = found.suite.kinds.map((kind) => [
    kind.title,
    kind.ours_rows_per_second,
    kind.psql_rows_per_second ?? '-',
    kind.ratio_to_once,
    kind.ratio_to_psql ?? '-',
    ...describeCpu(kind),
  ])
  const head = ['series', 'ours, rows/s', 'psql, rows/s', 'of used once', 'of psql', ...CPU_HEAD]
  return `## Series of every kind

In a database that was filled a moment ago, without statistics and without autovacuum, but where ANALYZE is named. The script alone gets statistics, as its plan needs them; it numbers the ordinals by window functions (\`bench/sql/psql-by-hand-numbered.sql\`); a dry run is held against the script that inserts. Gaps: the coupons were full, and half of it was reverted; the script cannot fill them. Of full coupons the script skips the rows and records nothing, while here each rejected row is recorded with its reason: that ratio does not count for the bar.

${renderMarkdownTable(head, rows)}

`
}

function renderLookups(results: Results): string {
  const found = results.find('lookups')
  if (found === undefined) return ''
  const { rows, lookup_index_share: share, ...times } = found.suite
  const table = renderMarkdownTable(
    ['GET /v1/redemptions', 'p50, ms'],
    [
      ['by couponId', times.redemptions_by_coupon_p50_ms],
      ['by importId and rowNumber', times.redemptions_by_row_p50_ms],
      ['by importId, the first page', times.redemptions_by_import_p50_ms],
    ],
  )
  const cost =
    share > 0
      ? `it takes ${(share * 100).toFixed(0)} % of the time of an import of as many rows`
      : `an import of as many rows is no slower for it than the machine's noise`
  return `## Looking redemptions up

Among ${rows.toLocaleString('en-US')} redemptions:

${table}

By coupon it uses the index that holds a coupon to its limit, which costs nothing more. By import it uses the table's primary key, \`(import_id, row_number)\`: ${cost} (the same file, with that index and without it, in turn).

`
}

function renderActions(results: Results): string {
  const found = results.find('actions')
  if (found === undefined) return ''
  const { actions, ...figures } = found.suite
  const table = renderMarkdownTable(
    ['', 'measured'],
    [
      ['cancel: until the answer, ms', figures.cancel_answer_ms],
      ['cancel: until nothing more is inserted, ms', figures.cancelled_ms],
      ['resume: until completed, s', figures.resumed_s],
      ['revert: until all is deleted, s', figures.revert_s],
      ['first page of its errors as JSON, p50, ms', figures.errors_page_p50_ms],
      ['errors.csv, rows/s', figures.errors_csv_rows_per_second],
      ["the intake app's memory at its peak, MiB", figures.intake_rss_mb],
    ],
  )
  return `## Actions and errors

On an import of ${actions.rows.toLocaleString('en-US')} rows; the errors are those of one whose rows are all rejected.

${table}

`
}

function renderRowSecurity(results: Results): string {
  const found = results.find('row-security')
  if (found === undefined) return ''
  const rows = found.suite.kinds.map((kind) => [
    kind.title,
    kind.cpu_with ?? '-',
    kind.cpu_without ?? '-',
    kind.ratio_cpu ?? '-',
    kind.rows_per_second_with,
    kind.rows_per_second_without,
    kind.ratio_seconds,
  ])
  const head = [
    'series',
    'with, CPU s/M',
    'without, CPU s/M',
    'ratio',
    'with, rows/s',
    'without, rows/s',
    'ratio of times',
  ]
  return `## Row security

The same file alternately with the policies and without them, on one system: processor seconds of worker and PostgreSQL for a million rows. The ratios are the medians of the rounds' own.

${renderMarkdownTable(head, rows)}

`
}

function renderTraces(results: Results): string {
  const found = results.find('traces')
  if (found === undefined) return ''
  const { rows, spans_per_million: spans, ...compared } = found.suite
  const table = renderMarkdownTable(
    ['', 'unset, 1/s', 'set, 1/s', 'unset, CPU s/M', 'set, CPU s/M', 'ratio of CPU', 'ratio of times', 'least', 'most'],
    [
      [`rows of an import of ${rows.toLocaleString('en-US')}`, compared.import] as const,
      ['polls of an import that is over', compared.polls] as const,
    ].map(([title, { unset, set, ratio_cpu, ratio_time, least_ratio_time, most_ratio_time }]) => [
      title,
      unset.per_second,
      set.per_second,
      unset.cpu ?? '-',
      set.cpu ?? '-',
      ratio_cpu ?? '-',
      ratio_time,
      least_ratio_time,
      most_ratio_time,
    ]),
  )
  return `## Traces

The same file and the same polls, alternately on a system without \`OTEL_EXPORTER_OTLP_ENDPOINT\` and on one that sends its spans to a receiver on the same machine: ${Math.round(spans).toLocaleString('en-US')} spans for a million rows, none for polls. Processor seconds for a million rows are those of intake, worker and PostgreSQL's sessions of the worker, for a million polls those of the intake. Each ratio is the median of the pairs' own, with traces to without, so what is over 1 is what traces cost; the least and the most of the pairs show how much of it is the machine's noise.

${table}

`
}

function describeProfile(): string {
  return `The worker's bar is processor time: reading alone and mapping alone are timed apart on the same file, the rest is what its process used beyond them. More than its length of the import can stand there, as the garbage collector and the driver have threads of their own. The connections' bar adds up the partitions, sampled every few milliseconds from \`pg_stat_activity\`: what is active and waits for nothing that PostgreSQL knows of computes, or waits for a core.
`
}
