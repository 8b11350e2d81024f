/** What the security pages name as proof is there. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')
const findFiles = (text: string): string[] =>
  [...text.matchAll(/`([\w./-]+\.(?:test\.ts|md|yml))`/g)].map(([, file]) => String(file))

test.each(['SECURITY.md', 'docs/security.md'])('%s names only files that exist', (page) => {
  const files = findFiles(read(page))
  expect(files.filter((file) => file.endsWith('.test.ts')).length).toBeGreaterThan(20)
  expect(files.filter((file) => !existsSync(path.join(REPOSITORY, file)))).toEqual([])
})

test('each line of the standard holds by a file, is not applicable, or not yet, and says why', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| (\d+\.\d+\.\d+[^|]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(50)
  for (const [, line = '', , status = '', where = ''] of rows) {
    expect(['holds', 'not applicable', 'not yet'], line).toContain(status.trim())
    if (status.trim() === 'holds') expect(findFiles(where), line).not.toEqual([])
    else expect(where.trim().length, line).toBeGreaterThan(10)
  }
})
