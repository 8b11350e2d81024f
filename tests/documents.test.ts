/** Whoever looks for a place in the code finds it where the pages say. */
import { existsSync, readFileSync } from 'node:fs'
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
