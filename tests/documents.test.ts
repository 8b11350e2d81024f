/** Whoever looks for a place in the code finds it where the pages say, and what they name as proof is there. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import {
  COLUMN_KEYS,
  DELAY_CODES,
  FAULT_CODES,
  PROFILE_OPTIONS,
  renderFaultTable,
  ROW_ERROR_CODES,
  ROW_RULES,
  uploadOptions,
} from '@importer/contracts'
import { expect, test } from 'vitest'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
/** What tests leave behind is there once they have run. */
const MADE_BY_TESTS = new Set(['tests/browser/output'])
const NAMED =
  /`((?:apps|bench|deploy|docs|packages|prisma|scripts|tests)\/[\w./-]+|[\w./-]+\/[\w-]+\.test\.ts|[\w-]+\.(?:md|yml))`/g

const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')
const findNamed = (text: string, pattern = NAMED): string[] =>
  [...text.matchAll(pattern)].map(([, file]) => String(file))
const isMissing = (file: string): boolean => !MADE_BY_TESTS.has(file) && !existsSync(path.join(REPOSITORY, file))

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/security.md'])(
  '%s names only files and folders that exist',
  (page) => {
    const files = findNamed(read(page))
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter(isMissing)).toEqual([])
  },
)

test('each line of the security standard holds by a file, is not applicable, or not yet, and says why', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| (\d+\.\d+\.\d+[^|]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(50)
  for (const [, line = '', , status = '', where = ''] of rows) {
    expect(['holds', 'not applicable', 'not yet'], line).toContain(status.trim())
    if (status.trim() === 'holds') expect(findNamed(where), line).not.toEqual([])
    else expect(where.trim().length, line).toBeGreaterThan(10)
  }
})

test('the index of decisions has each of them, with its title, date and status', () => {
  const folder = 'docs/decisions'
  const files = readdirSync(path.join(REPOSITORY, folder)).filter((file) => /^\d{3}-/.test(file))
  const rows = files.toSorted().map((file) => {
    const [title = '', , state = ''] = read(`${folder}/${file}`).split('\n')
    const [, number, words] = /^# (\d+)\. (.+)$/.exec(title) ?? []
    const [date, status] = state.split(' · ')
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/)
    return `| [${number}](${file}) | ${words} | ${date} | ${status} |`
  })
  expect(rows.length).toBeGreaterThan(10)
  expect(read(`${folder}/README.md`).match(/^\| \[.*$/gm)).toEqual(rows)
})

const PACKAGES = ['apps', 'packages'].flatMap((home) =>
  readdirSync(path.join(REPOSITORY, home)).map((name) => `${home}/${name}`),
)

test.each(PACKAGES)('the README of %s says what it imports, and names only files that exist', (folder) => {
  const page = read(`${folder}/README.md`)
  const { dependencies = {} } = JSON.parse(read(`${folder}/package.json`)) as { dependencies?: Record<string, string> }
  const imported = Object.keys(dependencies).flatMap((name) => /^@importer\/(.+)$/.exec(name)?.[1] ?? [])
  const listed = imported.toSorted().join(', ')
  expect(page).toContain(`- Imports: ${listed === '' ? 'no other package of this workspace' : listed}.\n`)
  const files = findNamed(page, /`(src\/[\w./-]+)`/g).map((file) => `${folder}/${file}`)
  expect(files).not.toEqual([])
  expect(files.filter(isMissing)).toEqual([])
})

test('the picture of who imports whom is that of today (npm run docs:diagram draws it)', () => {
  expect(read('ARCHITECTURE.md')).toContain('  imports --> db\n')
  const script = ['scripts/write-package-diagram.mjs', '--check']
  expect(spawnSync(process.execPath, script, { cwd: REPOSITORY }).status).toBe(0)
})

const INTERFACE = readFileSync(path.join(REPOSITORY, 'docs/api.md'), 'utf8')

/** The cells of the table that has this head, row by row. */
function readTable(page: string, head: string): string[][] {
  const lines = page
    .slice(page.indexOf(`\n${head}\n`))
    .split('\n')
    .slice(3)
  return lines
    .slice(0, lines.indexOf(''))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/[`|]/g, '').trim()))
}

test('docs/api.md has every code of a refused request with its statuses (npm run docs:errors writes it)', () => {
  expect(INTERFACE).toContain(`<!-- codes of refused requests -->\n${renderFaultTable()}\n<!-- end -->`)
})

test('every code of a refused request is one that the product answers with', () => {
  const listed = spawnSync('git', ['ls-files', '-z', 'apps/intake/src/*.ts', 'packages/*/src/*.ts'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  })
  const isExample = /\.test\.ts$|fault-codes\.ts$|examples\.ts$/
  const files = listed.stdout.split('\0').filter((file) => file.endsWith('.ts') && !isExample.test(file))
  expect(files.length).toBeGreaterThan(100)
  const sources = files.map((file) => readFileSync(path.join(REPOSITORY, file), 'utf8')).join('\n')
  expect(FAULT_CODES.filter((code) => !sources.includes(`'${code}'`))).toEqual([])
})

test('docs/api.md has every code of a rejected row with its number, and every reason of a delay', () => {
  const rows = readTable(INTERFACE, '| code | number | when |').map(([code, number]) => `${code} ${number}`)
  expect(rows.toSorted()).toEqual(ROW_ERROR_CODES.map((code) => `${code} ${ROW_RULES[code].number}`).toSorted())
  const delays = readTable(INTERFACE, '| `delay.code` | what was found |').map(([code]) => code)
  expect(delays).toEqual([...DELAY_CODES])
})

test('docs/api.md has every field of an upload and of a profile, and every column key', () => {
  const fields = readTable(INTERFACE, '| field | values |').map(([name]) => name)
  expect(fields).toEqual(['profile', 'uploadHeaders', ...Object.keys(uploadOptions.shape)])
  expect(readNames(/^A profile is .*? Its body is JSON:\n(.*?), all optional/ms)).toEqual(PROFILE_OPTIONS)
  expect(readNames(/^Column keys: (.*?)\. Mandatory/ms)).toEqual(COLUMN_KEYS)
})

/** What stands in backticks in a part of docs/api.md. */
function readNames(part: RegExp): string[] {
  return [...(part.exec(INTERFACE)?.[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => String(name))
}
