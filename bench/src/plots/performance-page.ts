import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { isTrial, UsageError } from '../options.ts'
import { judgeBars } from './bars.ts'
import { renderMarkdownTable } from './markdown-table.ts'
import { drawPictures, type Picture } from './pictures.ts'
import { readResults, type Report, type Results } from './read-results.ts'
import { describeScaling } from './scaling-section.ts'

const PICTURES = 'performance'

export interface PageOptions {
  readonly resultsFolder: string
  /** gets performance.md, and the pictures in a folder beside it */
  readonly docsFolder: string
  readonly say: (line: string) => void
}

/** Writes docs/performance.md and its pictures from what the benchmarks left. Throws when there is nothing. */
export async function writePerformancePage({ resultsFolder, docsFolder, say }: PageOptions): Promise<void> {
  const results = await readResults(resultsFolder)
  if (results.reports.length === 0)
    throw new UsageError(`${resultsFolder} holds no results; expected what --json writes`)
  const pictures = drawPictures(results)
  await mkdir(path.join(docsFolder, PICTURES), { recursive: true })
  for (const { file, svg } of pictures) await writeFile(path.join(docsFolder, PICTURES, file), svg)
  const page = path.join(docsFolder, 'performance.md')
  await writeFile(page, renderPage(results, pictures))
  say(`${page} and ${pictures.length} pictures`)
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
  judgeBars(results).map(({ what, bar, measured, holds }) => [
    what,
    bar,
    measured,
    holds ? 'holds' : '**falls short**',
  ]),
)}

${renderCells(results)}${pictures.map(({ file, caption }) => `## ${caption}\n\n![${caption}](${PICTURES}/${file})\n`).join('\n')}
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
  ])
  const table = renderMarkdownTable(['import', 'ours, s', 'psql, s', 'ours, rows/s', 'psql, rows/s', 'ratio'], rows)
  return `## Imports against psql by hand\n\n${table}\n\n`
}

function describeProfile(): string {
  return `The worker's bar is processor time: reading alone and mapping alone are timed apart on the same file, the rest is what its process used beyond them. More than its length of the import can stand there, as the garbage collector and the driver have threads of their own. The connections' bar adds up the lanes, sampled every few milliseconds from \`pg_stat_activity\`.
`
}
