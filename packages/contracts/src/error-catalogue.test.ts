import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { IMPORT_FAILURE_EXPLANATIONS, renderErrorCatalogue } from './error-catalogue.ts'
import { IMPORT_FAILURE_CODES } from './import-state.ts'
import { ERROR_ADVICE } from './row-error-advice.ts'
import { ROW_ERROR_CODES } from './row-errors.ts'

test('docs/errors.md is what the catalogue says (npm run docs:errors writes it)', async () => {
  const file = new URL('../../../docs/errors.md', import.meta.url)
  expect(await readFile(file, 'utf8')).toBe(renderErrorCatalogue())
})

test('every code has a cause and a remedy', () => {
  expect(Object.keys(ERROR_ADVICE).toSorted()).toEqual(Object.keys(ROW_ERROR_CODES).toSorted())
  expect(Object.keys(IMPORT_FAILURE_EXPLANATIONS).toSorted()).toEqual([...IMPORT_FAILURE_CODES].toSorted())
  for (const { cause, remedy } of [...Object.values(ERROR_ADVICE), ...Object.values(IMPORT_FAILURE_EXPLANATIONS)]) {
    expect(cause).toMatch(/^[A-Z].*\.$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
  }
})
