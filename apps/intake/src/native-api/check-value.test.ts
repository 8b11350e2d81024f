import { OPERATIONS, uploadOptions, type Operation } from '@importer/contracts'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { describeExpectation } from './check-value.ts'

const NONSENSE = [
  '',
  'x',
  'ab',
  '"',
  '-1',
  '1e99',
  '9'.repeat(30),
  'x'.repeat(6_000),
  '\0',
  null,
  true,
  -1,
  1.5,
  1e300,
  [],
  [null],
  ['x'],
  {},
  { a: {} },
  { column: 1 },
  undefined,
]

const operations: readonly (readonly [string, Operation])[] = Object.entries(OPERATIONS)
const inputs = operations.flatMap(([name, { query, body }]) => [
  [`the query of ${name}`, query] as const,
  ...(body?.schema instanceof z.ZodObject ? [[`the body of ${name}`, body.schema] as const] : []),
])

test.each([...inputs, ['the fields of an upload', uploadOptions] as const])(
  'each fault of %s says what was expected',
  (_, schema) => {
    for (const field of Object.keys(schema.shape)) {
      for (const value of NONSENSE) {
        const issues = schema.safeParse({ [field]: value }, { error: describeExpectation }).error?.issues ?? []
        for (const { code, message } of issues) {
          if (code === 'unrecognized_keys') continue
          expect(message).toMatch(/\bexpected \S/)
          expect(message).not.toMatch(/received|Invalid|Too (?:small|big)|[|^]/)
        }
      }
    }
  },
)
