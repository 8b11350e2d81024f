import { afterEach, expect, test, vi } from 'vitest'

import { decideNext, RETRY_DELAYS_MS, type AttemptFacts } from './decide-next.ts'
import type { SendResult } from './send-webhook.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const DAY = 86_400_000
const PLAIN: SendResult = { httpStatus: 500, retryAfter: null, errorCode: null, answer: '' }

afterEach(() => {
  vi.unstubAllEnvs()
})

function decide(result: Partial<SendResult>, facts: Partial<AttemptFacts> = {}) {
  return decideNext({
    result: { ...PLAIN, ...result },
    failedAttempts: 0,
    failingSince: null,
    failedAt: null,
    unsignedSince: null,
    now: NOW,
    random: 0,
    ...facts,
  })
}

const waitOf = (decision: ReturnType<typeof decideNext>) =>
  decision.nextAttemptAt === null ? null : (decision.nextAttemptAt.getTime() - NOW.getTime()) / 1000

test('a failing receiver is tried eight times, by a schedule of 5 s to 10 h', () => {
  const waits = Array.from({ length: 9 }, (_, index) => waitOf(decide({}, { failedAttempts: index })))
  expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, null, null])
  expect(decide({}, { failedAttempts: 7 })).toMatchObject({ status: 'failed', failureCode: 'ATTEMPTS_EXHAUSTED' })
})

test('jitter lengthens a delay by up to a fifth', () => {
  for (const [index, delayMs] of RETRY_DELAYS_MS.entries()) {
    const wait = waitOf(decide({}, { failedAttempts: index, random: 0.999_999 })) ?? 0
    expect(wait).toBeGreaterThan((delayMs / 1000) * 1.19)
    expect(wait).toBeLessThanOrEqual((delayMs / 1000) * 1.2)
  }
})

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [299, 'delivered'],
  [199, 'pending'],
  [301, 'pending'],
  [307, 'pending'],
  [400, 'pending'],
  [429, 'pending'],
  [503, 'pending'],
] as const)('after a status of %i it is %s', (httpStatus, status) => {
  expect(decide({ httpStatus }).status).toBe(status)
})

test('an answer that was cut short is no success, whatever its status', () => {
  expect(decide({ httpStatus: 200, errorCode: 'ANSWER_CUT_SHORT' }).status).toBe('pending')
})

test.each([
  ['120', 120],
  ['3', 5],
  ['0', 5],
  ['Thu, 01 Jan 2026 01:00:00 GMT', 3_600],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 5],
  ['Thursday, 01-Jan-26 01:00:00 GMT', 3_600],
  ['Thu Jan  1 01:00:00 2026', 3_600],
  ['9999999', 86_400],
  ['99999999999', 86_400],
  ['soon', 5],
  ['-7', 5],
  ['1e9', 5],
  [null, 5],
])('Retry-After: %s waits %i s, wherever the machine is', (retryAfter, seconds) => {
  vi.stubEnv('TZ', 'America/New_York')
  expect(waitOf(decide({ httpStatus: 429, retryAfter }))).toBe(seconds)
})

test('410 disables the endpoint at once; should it have another URL by then, the delivery goes on', () => {
  const decision = decide({ httpStatus: 410 })
  expect(decision).toMatchObject({ disableEndpoint: 'GONE', status: 'pending', receiverFailed: true })
  expect(waitOf(decision)).toBe(5)
})

test.each([
  [5 * DAY - 1, 0, null],
  [5 * DAY, 0, 'FAILING'],
  [9 * DAY, 2 * DAY - 1, 'FAILING'],
  [9 * DAY, 2 * DAY, null],
  [9 * DAY, 9 * DAY, null],
])(
  'an endpoint that fails since %i ms, the last time %i ms ago, is disabled: %s',
  (sinceMs, agoMs, disableEndpoint) => {
    const failingSince = new Date(NOW.getTime() - sinceMs)
    const failedAt = new Date(NOW.getTime() - agoMs)
    const facts = { failingSince, failedAt }
    expect(decide({ httpStatus: null, errorCode: 'TIMEOUT' }, facts)).toMatchObject({ disableEndpoint })
    expect(decide({ httpStatus: 200 }, facts)).toMatchObject({ status: 'delivered', disableEndpoint: null })
  },
)

test.each([
  [null, 5],
  [0, 5],
  [4, 5],
  [40, 40],
  [359, 359],
  [10 * 24 * 60, 360],
])('what cannot be signed since %s min waits %i min, and counts for nothing', (sinceMinutes, minutes) => {
  const unsignedSince = sinceMinutes === null ? null : new Date(NOW.getTime() - sinceMinutes * 60_000)
  const decision = decide({ httpStatus: null, errorCode: 'SECRET_UNREADABLE' }, { unsignedSince, failedAttempts: 7 })
  expect(decision).toMatchObject({ status: 'pending', receiverFailed: false, disableEndpoint: null })
  expect(waitOf(decision)).toBe(minutes * 60)
})

test('a worker that stops speaks for nothing', () => {
  const failingSince = new Date(NOW.getTime() - 9 * DAY)
  expect(decide({ httpStatus: null, errorCode: 'INTERRUPTED' }, { failingSince, failedAttempts: 7 })).toMatchObject({
    status: 'pending',
    nextAttemptAt: NOW,
    receiverFailed: false,
    disableEndpoint: null,
  })
})
