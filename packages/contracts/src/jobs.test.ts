import { describe, expect, test } from 'vitest'

import { JOBS, readJobPayload, writeJobPayload, type JobName, type JobPayload } from './jobs.ts'

const PAYLOADS: { readonly [Name in JobName]: JobPayload<Name> } = {
  import: { importId: 1 },
  prepare: { importId: 1 },
  revert: { importId: 1 },
  webhook: { deliveryId: 1, turn: 0 },
}

describe.each(Object.keys(PAYLOADS) as JobName[])('a job of the kind %s', (name) => {
  const payload = PAYLOADS[name]
  const { version } = JOBS[name]

  test('is read as it was written', () => {
    expect(writeJobPayload(name, payload)).toEqual({ ...payload, version })
    expect(readJobPayload(name, writeJobPayload(name, payload))).toEqual({ status: 'read', payload })
  })

  test('is read without a version, as it was queued before there were any', () => {
    expect(readJobPayload(name, payload)).toEqual({ status: 'read', payload })
  })

  test('is known to be of a later version, whatever else it holds', () => {
    const newer = { status: 'newer', version: version + 1 }
    expect(readJobPayload(name, { ...payload, version: version + 1 })).toEqual(newer)
    expect(readJobPayload(name, { version: version + 1 })).toEqual(newer)
  })

  test.each([null, 'text', {}, { version }, { version: 0 }, { ...payload, version: '1' }])(
    'is not read from %j',
    (data) => {
      expect(readJobPayload(name, data).status).toBe('unreadable')
    },
  )
})
