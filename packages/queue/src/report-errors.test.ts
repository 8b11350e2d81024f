import { expect, it } from 'vitest'

import { createLog } from '@importer/runtime'

import { createErrorReporter } from './report-errors.ts'

function start() {
  const entries: Record<string, unknown>[] = []
  const destination = { write: (line: string) => entries.push(JSON.parse(line) as Record<string, unknown>) }
  const clock = { now: 0 }
  const report = createErrorReporter(createLog({ name: 'test', level: 'info', destination }), () => clock.now)
  return { entries, clock, report }
}

it.each([
  [Object.assign(new Error('Missing lock for job import-1-1. moveToFinished'), { code: -2 }), 'warn'],
  [Object.assign(new Error('Missing key for job import-1-1. moveToFinished'), { code: -1 }), 'warn'],
  [new Error('could not renew lock for job import-1-1'), 'warn'],
  [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' }), 'error'],
  [new Error('terminating connection due to administrator command'), 'error'],
])('%s is worth a line of level %s', (error, level) => {
  const { entries, report } = start()
  report(error)
  expect(entries).toMatchObject([{ level, err: { message: error.message } }])
})

it('writes the same message once in a while and counts what it left out', () => {
  const { entries, clock, report } = start()
  for (const now of [0, 1, 4999, 5000, 5001]) {
    clock.now = now
    report(new Error('gone'))
    report(new Error(`other ${now}`))
  }
  expect(entries.filter((entry) => JSON.stringify(entry).includes('gone'))).toMatchObject([{}, { leftOut: 2 }])
  expect(entries).toHaveLength(7)
})
