import { expect, test } from 'vitest'

import { classifyFailure, isNetworkFault, PermanentError, UnavailableError } from './failures.ts'

class FileGoneError extends PermanentError<'FILE_MISSING'> {}

class BucketAwayError extends UnavailableError {}

test.each([
  ['permanent', new PermanentError('NOT_CSV', 'the file is an image')],
  ['permanent', new FileGoneError('FILE_MISSING', 'the file is gone')],
  ['unavailable', new UnavailableError('DATABASE_UNAVAILABLE', 'the database does not answer')],
  ['unavailable', new BucketAwayError('STORAGE_UNAVAILABLE', 'the bucket answers 503')],
  ['unexpected', new TypeError('undefined is no function')],
  // Only whoever talks to a peer knows what its client's error means, and wraps it.
  ['unexpected', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
  ['unexpected', new Error('outer', { cause: new UnavailableError('QUEUE_UNAVAILABLE', 'the queue is away') })],
  ['unexpected', 'DATABASE_UNAVAILABLE'],
  ['unexpected', undefined],
])('%s: %s', (expected, error) => {
  expect(classifyFailure(error)).toBe(expected)
})

test('an unavailable peer is named by a code, and the cause is kept', () => {
  const cause = new Error('read ECONNRESET')
  const error = new UnavailableError('STORAGE_UNAVAILABLE', 'the storage does not answer', { cause })
  expect(error).toMatchObject({ name: 'UnavailableError', code: 'STORAGE_UNAVAILABLE', cause })
})

const withCode = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code })

test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])(
  '%s is a fault of the network',
  (code) => {
    expect(isNetworkFault(withCode(code))).toBe(true)
  },
)

test.each(['EPERM', 'EBUSY', 'ENOSPC', 'ENOENT', 'EMFILE', '08006', 'ERR_INVALID_ARG_TYPE'])('%s is none', (code) => {
  expect(isNetworkFault(withCode(code))).toBe(false)
})

test('a name with several addresses fails as its addresses do', () => {
  expect(
    isNetworkFault(new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')], 'no address answered')),
  ).toBe(true)
  expect(isNetworkFault(new AggregateError([withCode('ECONNREFUSED'), withCode('EPERM')], 'no address answered'))).toBe(
    false,
  )
  expect(isNetworkFault(new AggregateError([], 'no address answered'))).toBe(false)
  expect(isNetworkFault('ECONNREFUSED')).toBe(false)
})
