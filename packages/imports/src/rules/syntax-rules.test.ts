import { COLUMN_KEYS, type ColumnMapping } from '@importer/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createRecordMapper, prepareReading } from './map-record.ts'
import { breaksRule, createSyntaxRules, listSyntaxErrors } from './syntax-rules.ts'

const positions = Object.fromEntries(COLUMN_KEYS.map((key, index) => [key, index]))
const MAPPING: ColumnMapping = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE', positions }
const cells = fc.array(
  fc.constantFrom(
    '',
    ' ',
    '1603263535000',
    '12',
    'x',
    '-1',
    '1.5',
    'x'.repeat(255),
    'é'.repeat(256),
    '😀'.repeat(1001),
  ),
  { minLength: 11, maxLength: 11 },
)

test('a row is rejected exactly when there is a reason to name', async () => {
  const { map } = createRecordMapper(await prepareReading(MAPPING, Date.UTC(2026, 0, 1)))
  fc.assert(
    fc.property(cells, (record) => {
      expect(map(record)).not.toEqual([])
    }),
  )
})

test.each(createSyntaxRules(MAPPING).map((rule, index) => [index, rule] as const))(
  'rule %i alone rejects a row, with a reason',
  (index) => {
    const broken = createSyntaxRules(MAPPING).map((rule, at) => ({
      ...rule,
      find: () => (at === index ? ('not_a_number' as const) : null),
    }))
    const row = { texts: {}, dateFault: null }
    expect(breaksRule(broken, row)).toBe(true)
    expect(listSyntaxErrors(broken, row)).toHaveLength(1)
  },
)
