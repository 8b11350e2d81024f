import { UnavailableError } from '@importer/contracts'
import { expect, test } from 'vitest'

import { isDatabaseAway } from './database-away.ts'
import { SchemaFaultError } from './migrate/schema-fault.ts'
import { TransactionPoolerError } from './pooler-check.ts'

const withCode = (code: string) =>
  new UnavailableError('DATABASE_UNAVAILABLE', code, { cause: Object.assign(new Error(code), { code }) })

test.each([
  ['nobody listens', withCode('ECONNREFUSED'), true],
  ['its name is not known yet', withCode('ENOTFOUND'), true],
  ['it starts', withCode('57P03'), true],
  ['it has no connection left', withCode('53300'), true],
  ['it is silent', new UnavailableError('DATABASE_UNAVAILABLE', 'no answer'), true],
  ['the password is wrong', withCode('28P01'), false],
  ['there is no such database', withCode('3D000'), false],
  ['its certificate is not trusted', withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), false],
  ['a pooler shares sessions', new TransactionPoolerError(), false],
  ['migrations are missing', new SchemaFaultError('migrations are missing'), false],
  ['another peer is away', new UnavailableError('QUEUE_UNAVAILABLE', 'no answer'), false],
  ['it is a fault of ours', new TypeError('no such thing'), false],
])('%s', (_name, error, isAway) => {
  expect(isDatabaseAway(error)).toBe(isAway)
})
