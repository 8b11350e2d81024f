/** Whoever looks for a place in the code finds it where the pages say. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

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
