/** Whoever looks for a place in the code finds it where the pages say. */
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

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s names only files and folders that exist', (page) => {
  const text = readFileSync(path.join(REPOSITORY, page), 'utf8')
  const named = [...text.matchAll(/`((?:apps|bench|deploy|docs|packages|prisma|scripts|tests)\/[\w./-]+)`/g)]
  const files = new Set(named.map(([, file]) => String(file)))
  expect(files.size).toBeGreaterThan(10)
  const missing = [...files].filter((file) => !MADE_BY_TESTS.has(file) && !existsSync(path.join(REPOSITORY, file)))
  expect(missing).toEqual([])
})

test('the index of decisions has each of them, with its title, date and status', () => {
  const folder = path.join(REPOSITORY, 'docs/decisions')
  const files = readdirSync(folder).filter((file) => /^\d{3}-/.test(file))
  const rows = files.toSorted().map((file) => {
    const [title = '', , state = ''] = readFileSync(path.join(folder, file), 'utf8').split('\n')
    const [, number, words] = /^# (\d+)\. (.+)$/.exec(title) ?? []
    const [date, status] = state.split(' · ')
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/)
    return `| [${number}](${file}) | ${words} | ${date} | ${status} |`
  })
  expect(rows.length).toBeGreaterThan(10)
  expect(
    readFileSync(path.join(folder, 'README.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| [')),
  ).toEqual(rows)
})

const PACKAGES = ['apps', 'packages'].flatMap((home) =>
  readdirSync(path.join(REPOSITORY, home)).map((name) => `${home}/${name}`),
)

test.each(PACKAGES)('the README of %s says what it imports, and names only files that exist', (folder) => {
  const page = readFileSync(path.join(REPOSITORY, folder, 'README.md'), 'utf8')
  const { dependencies = {} } = JSON.parse(readFileSync(path.join(REPOSITORY, folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  const imported = Object.keys(dependencies).flatMap((name) => /^@importer\/(.+)$/.exec(name)?.[1] ?? [])
  const listed = imported.toSorted().join(', ')
  expect(page).toContain(`- Imports: ${listed === '' ? 'no other package of this workspace' : listed}.\n`)
  const named = [...page.matchAll(/`(src\/[\w./-]+)`/g)].map(([, file]) => String(file))
  expect(named).not.toEqual([])
  expect(named.filter((file) => !existsSync(path.join(REPOSITORY, folder, file)))).toEqual([])
})

test('the picture of who imports whom is that of today (npm run docs:diagram draws it)', () => {
  expect(readFileSync(path.join(REPOSITORY, 'ARCHITECTURE.md'), 'utf8')).toContain('  imports --> db\n')
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
