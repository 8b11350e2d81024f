import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { expect, inject, test } from 'vitest'

import { fillNames, fillNumberedNames } from '../src/opponents/psql-by-hand.ts'
import { readCommand } from '../src/options.ts'
import { writePerformancePage } from '../src/plots/performance-page.ts'
import { makeTemporaryFolder } from '../../tests/support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const TIMEOUT_MS = 600_000

/** What the issue of the benchmarks calls its figures. */
const FIGURES = [
  'ratio_to_psql',
  'ratio_to_psql_100k',
  'ratio_to_psql_bad',
  'ratio_to_psql_by_id',
  'ratio_to_psql_preloaded',
  'ratio_to_psql_10m',
  'kinds_least_ratio_to_once',
  'kinds_least_ratio_to_psql',
  'ratio_beside_ten_pages',
  'ratio_iso8601_to_millis',
  'ratio_pattern_to_millis',
  'ratio_to_createmany',
  'ratio_to_row_by_row',
  'ratio_to_pipe',
  'ratio_to_constant',
  'p99',
  'p50',
  'ratio_to_script',
  'redemptions_by_coupon_p50_ms',
  'redemptions_by_row_p50_ms',
  'redemptions_by_import_p50_ms',
  'cancelled_ms',
  'cancel_answer_ms',
  'resume_answer_ms',
  'resumed_s',
  'revert_s',
  'errors_page_p50_ms',
  'errors_csv_rows_per_second',
  'groups_by_code_ms',
  'groups_by_value_s',
  'filtered_page_ms',
  'row_ms',
  'retry_answer_ms',
  'row_security_ratio_seconds',
  'traces_import_ratio_time',
  'traces_polls_ratio_time',
  ...(process.platform === 'linux' ? ['rss_ratio', 'rss_mb', 'intake_rss_mb'] : []),
]
const SUITES = [
  'import',
  'dates',
  'series-kinds',
  'peers',
  'upload',
  'poll',
  'latency',
  'reference',
  'lookups',
  'actions',
  'rejected',
  'row-security',
  'traces',
  ...(process.platform === 'linux' ? ['memory'] : []),
]

/** Rows enough to be tried. */
const TRIAL = ['--rows', '1000', '--pairs', '1']

test('every suite runs and gives its figures', { timeout: TIMEOUT_MS }, async () => {
  const folder = await makeTemporaryFolder()
  const json = path.join(folder, 'figures.json')
  const { code, output } = await runBench(...SUITES, ...TRIAL, '--ten-million', '--json', json)
  expect(code, output).toBe(0)
  const report: Record<string, unknown> = JSON.parse(await readFile(json, 'utf8'))
  for (const figure of FIGURES) expect(report[figure], figure).toBeGreaterThan(0)
  expect(Object.keys(report['suites'] as object).toSorted()).toEqual(SUITES.toSorted())
  expect(report).toMatchObject({
    commit: expect.any(String),
    machine: { cores: expect.any(Number) },
    versions: { node: process.versions.node, postgres: expect.any(String) },
    options: { rows: 1000, pairs: 1 },
  })

  await writePerformancePage({ resultsFolder: folder, docsFolder: folder, print: () => {} })
  const page = await readFile(path.join(folder, 'performance.md'), 'utf8')
  for (const head of ['Series of every kind', 'Looking redemptions up', 'Actions and errors', 'Row security', 'Traces'])
    expect(page).toContain(`## ${head}`)
  expect(page).not.toMatch(/NaN|undefined|Infinity/)
  for (const [, picture = ''] of page.matchAll(/]\((.*?\.svg)\)/g)) {
    expect(await readFile(path.join(folder, picture), 'utf8')).toMatch(/^<svg (?:(?!NaN|Infinity).)*<\/svg>\n$/s)
  }
})

test('a server that is given is measured instead of an embedded one', { timeout: TIMEOUT_MS }, async () => {
  const { code, output } = await runBench('import', ...TRIAL, '--database-url', inject('postgresUrls').ownerUrl)
  expect(code, output).toBe(0)
  expect(output).toContain('of psql by hand')
})

const FILE = { path: '', world: { orgId: 1, seriesId: 2, coupons: 3 }, byId: false }

test.each([
  ['psql-by-hand.sql', fillNames(FILE)],
  ['psql-by-hand-numbered.sql', fillNumberedNames(FILE, 10)],
])('%s is filled in and nothing else of it is changed', async (file, filled) => {
  const script = await readFile(path.join(REPOSITORY, 'bench/sql', file), 'utf8')
  const names = Object.keys(filled)
  expect(new Set([...script.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))).toEqual(new Set(names))
})

test('levers, the name that actions had before, is accepted', () => {
  expect(readCommand(['levers'])).toMatchObject({ kind: 'run', suites: ['actions'] })
})

test.each([
  [['imports'], 'there is no suite imports'],
  [['plots', 'import'], 'there is no suite plots'],
  [['--rows', '12'], '--rows is 12; expected a whole number'],
  [['--pairs', 'three'], '--pairs is three; expected a whole number'],
])('%j is refused', (args, message) => {
  expect(() => readCommand(args)).toThrow(message)
})

async function runBench(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/src/main.ts', ...args], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DATA_DIR: '', DATABASE_URL: '', REDIS_URL: '' },
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const [code, ...outputs] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, output: outputs.join('\n') }
}
