import { describe, expect, test } from 'vitest'

import { explainDelay, findDelay, type DelayFacts } from './import-delay.ts'

const READ_AT = new Date('2026-01-01T12:00:00Z')
const ago = (seconds: number): Date => new Date(READ_AT.getTime() - seconds * 1_000)

const FACTS: DelayFacts = {
  status: 'processing',
  readAt: READ_AT,
  updatedAt: ago(1),
  progressedAt: ago(1),
  revertRequested: false,
  recorded: null,
}
const storageAway = (at: number, since = at) =>
  ({ code: 'STORAGE_UNAVAILABLE', message: 'away', since: ago(since), at: ago(at) }) as const

describe('no delay is reported of', () => {
  test.each<[string, Partial<DelayFacts>]>([
    ['an import that progresses', {}],
    ['a worker that was heard of 9.9 s ago', { updatedAt: ago(9.9), progressedAt: ago(9.9) }],
    ['an import that has waited for 29.9 s', { status: 'queued', updatedAt: ago(29.9), progressedAt: null }],
    ['an import whose revert goes on', { status: 'completed', updatedAt: ago(29.9), revertRequested: true }],
    ['an import that is reverted', { status: 'reverted', updatedAt: ago(300), revertRequested: true }],
    ['a delay that progress has ended', { recorded: storageAway(5), progressedAt: ago(4), updatedAt: ago(4) }],
    ['an import that is completed', { status: 'completed', updatedAt: ago(300), recorded: storageAway(300) }],
    ['an import that is cancelled', { status: 'cancelled', updatedAt: ago(300) }],
  ])('%s', (_name, facts) => {
    expect(findDelay({ ...FACTS, ...facts })).toBeNull()
  })
})

test.each<[string, Partial<DelayFacts>, string, Date]>([
  ['an import that nobody takes', { status: 'queued', updatedAt: ago(30), progressedAt: null }, 'NO_WORKER', ago(30)],
  ['a worker that is silent', { updatedAt: ago(10), progressedAt: ago(12) }, 'WORKER_SILENT', ago(10)],
  ['a storage that is away', { recorded: storageAway(2, 40), progressedAt: ago(41) }, 'STORAGE_UNAVAILABLE', ago(40)],
  ['a storage that was never there', { recorded: storageAway(2), progressedAt: null }, 'STORAGE_UNAVAILABLE', ago(2)],
  [
    'a storage that is away before a worker takes it',
    { status: 'queued', recorded: storageAway(2, 20), updatedAt: ago(40), progressedAt: null },
    'STORAGE_UNAVAILABLE',
    ago(20),
  ],
  [
    'a revert that nobody takes',
    { status: 'failed', revertRequested: true, updatedAt: ago(30), progressedAt: ago(300) },
    'NO_WORKER',
    ago(30),
  ],
  ['a resumed import that nobody takes', { status: 'queued', updatedAt: ago(30) }, 'NO_WORKER', ago(30)],
  [
    'an import that nobody takes after it was queued again',
    { status: 'queued', recorded: storageAway(31), updatedAt: ago(30), progressedAt: null },
    'NO_WORKER',
    ago(30),
  ],
  [
    'a worker that is silent after it reported the storage',
    { recorded: storageAway(46, 90), progressedAt: ago(100), updatedAt: ago(46) },
    'WORKER_SILENT',
    ago(46),
  ],
])('%s is reported with its reason and since when', (_name, facts, code, since) => {
  const delay = findDelay({ ...FACTS, ...facts })
  expect(delay).toMatchObject({ code, since })
  expect(delay?.message).not.toBe('')
})

test('a reason is added to the message', () => {
  expect(explainDelay('STORAGE_UNAVAILABLE', 'the bucket answers 503')).toMatch(/ Found: the bucket answers 503\.$/)
})
