import { expect, test } from 'vitest'

import { settleOptionalValues } from './optional-values.ts'

test.each<[string, string]>([
  ['import --wait file.csv --quiet', 'import file.csv --quiet --wait'],
  ['import --wait 30m file.csv', 'import --wait 30m file.csv'],
  ['import file.csv --wait', 'import file.csv --wait'],
  ['import --wait -- -odd.csv', 'import --wait -- -odd.csv'],
  ['errors --group 7', 'errors 7 --group'],
  ['errors --group value 7', 'errors --group value 7'],
  ['list', 'list'],
])('%s', (given, settled) => {
  expect(settleOptionalValues(given.split(' ')).join(' ')).toBe(settled)
})
