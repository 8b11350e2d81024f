/** Times in reference data: which are read, as which instants, and which are refused. */
import { expect, test } from 'vitest'

import { referenceCalls } from '../../test/reference-calls.ts'
import { startIntake } from '../../test/start-intake.ts'

const { load, show } = referenceCalls(await startIntake())

test.each<[cell: string, from: string | null, till: string | null]>([
  ['2026-02-28', '2026-02-28T00:00:00.000Z', '2026-02-28T23:59:59.999Z'],
  ['20260228', '2026-02-28T00:00:00.000Z', '2026-02-28T23:59:59.999Z'],
  ['2026-02-28T10:30', '2026-02-28T10:30:00.000Z', '2026-02-28T10:30:00.000Z'],
  ['2026-02-28 10:30:15', '2026-02-28T10:30:15.000Z', '2026-02-28T10:30:15.000Z'],
  ['2026-02-28T10:30:15.123456Z', '2026-02-28T10:30:15.123Z', '2026-02-28T10:30:15.123Z'],
  ['2026-02-28T10:30:15+02:00', '2026-02-28T08:30:15.000Z', '2026-02-28T08:30:15.000Z'],
  ['2026-02-28T10:30:15-0330', '2026-02-28T14:00:15.000Z', '2026-02-28T14:00:15.000Z'],
  ['1603263535000', '2020-10-21T06:58:55.000Z', '2020-10-21T06:58:55.000Z'],
  ['0', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
  ['-86400000', '1969-12-31T00:00:00.000Z', '1969-12-31T00:00:00.000Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000Z', '0001-01-01T23:59:59.999Z'],
  ['9999-12-31', '9999-12-31T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
  ['', null, null],
])('%j is read', async (cell, validFrom, validTill) => {
  expect(await load('series', `id,validFrom,validTill\n900,${cell},${cell}\n`)).toMatchObject({ rejected: 0 })
  expect(await show('series', 900)).toMatchObject({ validFrom, validTill })
})

const notTimes = [
  '2026-02-30',
  '2026-13-01',
  '2026',
  '28.02.2026',
  '02/28/2026',
  '2026-02-28T25:00',
  '0000-01-01',
  '1e12',
]
// A day that is none, a serial date, seconds.
test.each([...notTimes, '20260230', '46387', '1798675200'])('%j is refused', async (cell) => {
  expect(await load('series', `id,validFrom\n901,${cell}\n`)).toMatchObject({
    rejected: 1,
    errors: [{ field: 'validFrom', code: 'INVALID_DATE' }],
  })
})
