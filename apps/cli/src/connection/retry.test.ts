import { RequestError } from '@importer/client'
import { expect, test } from 'vitest'

import { choosePause, retry } from './retry.ts'

const CUT = new RequestError('the connection was cut', null)
const busy = (retryAfterSeconds: number): RequestError => new RequestError('busy', 429, { retryAfterSeconds })

/** Always fails; ends at the first pause, whose sentence is returned, or with the error where there is none. */
async function failWith(
  error: Error,
  retries = 8,
): Promise<{ attempts: number; line: string | null; thrown: unknown }> {
  const interrupt = new AbortController()
  let [attempts, line] = [0, null as string | null]
  const failing = retry(
    () => {
      attempts += 1
      return Promise.reject(error)
    },
    {
      retries,
      signal: interrupt.signal,
      notify(text) {
        line = text
        interrupt.abort(new Error('Ctrl-C'))
      },
    },
  )
  const thrown: unknown = await failing.then(
    () => null,
    (reason: unknown) => reason,
  )
  return { attempts, line, thrown }
}

test.each([
  [1, 250, 500],
  [2, 500, 1_000],
  [5, 4_000, 8_000],
  [9, 15_000, 30_000],
  [60, 15_000, 30_000],
])('the pause after failure %i is from %i to %i ms, by chance', (failures, least, most) => {
  const pauses = Array.from({ length: 200 }, () => choosePause(CUT, failures))
  expect(pauses.filter((ms) => ms < least || ms > most)).toEqual([])
  expect(new Set(pauses).size).toBeGreaterThan(100)
})

test('Retry-After is the least pause', () => {
  expect(choosePause(busy(20), 1)).toBe(20_000)
  expect(choosePause(busy(1), 9)).toBeGreaterThanOrEqual(15_000)
})

test.each([
  ['a cut connection', CUT],
  ['429', busy(1)],
  ['503', new RequestError('the database does not answer', 503)],
])('%s is tried again, and Ctrl-C ends the pause', async (_name, error) => {
  const { attempts, line, thrown } = await failWith(error)
  expect([attempts, line]).toEqual([1, expect.stringMatching(/; tried again in \d+\.\d s \(1 of 8\)$/)])
  expect(thrown).toEqual(new Error('Ctrl-C'))
})

test('an address at which nobody listens is tried fewer times', async () => {
  const refused = new RequestError('no answer', null, {
    cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
  })
  expect((await failWith(refused)).line).toContain('(1 of 4)')
})

test.each([
  ['what the importer refuses', new RequestError('bad', 400)],
  ['an hour', busy(3_600)],
  ['what is no answer of a server', new TypeError('a fault of ours')],
])('%s is not waited for', async (_name, error) => {
  expect(await failWith(error)).toEqual({ attempts: 1, line: null, thrown: error })
})

test('without retries the first failure is the last', async () => {
  expect(await failWith(CUT, 0)).toEqual({ attempts: 1, line: null, thrown: CUT })
})
