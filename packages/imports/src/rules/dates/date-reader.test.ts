import { DateTimeFormatter, LocalDateTime, ZoneId } from '@js-joda/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createDateReader, dateFaultOf } from './date-reader.ts'

// Time zones of its own, not those of Intl.
await import('@js-joda/timezone')

const LATEST_MS = Date.UTC(2031, 0, 1)
const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Africa/Casablanca',
]

/** What js-joda, with time zones of its own, says of a local time: the earlier instant, or null where clocks skip it. */
function instantByJoda(local: LocalDateTime, zone: string): number | null {
  const zoned = local.atZone(ZoneId.of(zone)).withEarlierOffsetAtOverlap()
  return zoned.toLocalDateTime().equals(local) ? zoned.toInstant().toEpochMilli() : null
}

const anyLocal = fc
  .integer({ min: Date.UTC(2000, 0, 3), max: Date.UTC(2024, 11, 31) })
  .map((ms) => LocalDateTime.parse(new Date(ms - (ms % 1000)).toISOString().slice(0, 19)))
/** The hours in which clocks change, at their own minutes. */
const nearChange = fc
  .record({
    year: fc.integer({ min: 2000, max: 2024 }),
    day: fc.constantFrom(
      '03-25',
      '03-26',
      '03-27',
      '03-28',
      '03-29',
      '03-30',
      '03-31',
      '10-25',
      '10-26',
      '10-27',
      '10-28',
      '10-29',
      '10-30',
      '10-31',
      '03-08',
      '03-09',
      '03-10',
      '03-11',
      '03-12',
      '03-13',
      '03-14',
      '11-01',
      '11-02',
      '11-03',
      '11-04',
      '11-05',
      '11-06',
      '11-07',
      '04-01',
      '04-02',
      '04-03',
      '04-06',
      '10-01',
      '10-02',
      '10-05',
      '12-30',
    ),
    hour: fc.integer({ min: 0, max: 3 }),
    minute: fc.constantFrom(0, 1, 29, 30, 31, 45, 59),
  })
  .map(({ year, day, hour, minute }) =>
    LocalDateTime.parse(`${year}-${day}T0${hour}:${String(minute).padStart(2, '0')}:00`),
  )
const locals = fc.oneof(anyLocal, nearChange)

describe('local times', () => {
  const PATTERN = 'dd/MM/yyyy HH:mm:ss'
  const format = DateTimeFormatter.ofPattern(PATTERN)
  test.each(ZONES)('of %s are what js-joda says', (timeZone) => {
    const read = createDateReader({ dateFormat: PATTERN, timeZone }, LATEST_MS)
    const readIso = createDateReader({ dateFormat: 'iso8601', timeZone }, LATEST_MS)
    fc.assert(
      fc.property(locals, (local) => {
        const expected = instantByJoda(local, timeZone)
        const text = local.format(format)
        const found = read(text)
        expect([text, found < 0 ? dateFaultOf(found) : found]).toEqual([text, expected ?? 'date_not_existing'])
        expect(readIso(local.toString())).toBe(found)
      }),
      { numRuns: 300 },
    )
  })
})

describe('formats', () => {
  const at = Date.UTC(2024, 10, 25, 14, 5, 9, 120)
  const minute = Date.UTC(2024, 10, 25, 14, 5)
  const day = Date.UTC(2024, 10, 25)
  test.each<[format: string | undefined, text: string, read: number | string]>([
    [undefined, '1732543509120', at],
    [undefined, '1732543509120.00', at],
    [undefined, '1732543509', 'date_in_seconds'],
    [undefined, '946684799999', 'date_too_early'],
    [undefined, '99999999999999', 'date_in_future'],
    [undefined, '1.7325E+12', 'date_not_millis'],
    [undefined, '-1732543509120', 'date_not_millis'],
    ['epochSeconds', '1732543509', at - 120],
    ['epochSeconds', '1732543509.0', at - 120],
    ['epochSeconds', '1732543509120', 'date_in_future'],
    ['iso8601', '2024-11-25T14:05:09.120Z', at],
    ['iso8601', '2024-11-25 14:05:09,12', at],
    ['iso8601', '2024-11-25t19:35:09.1209999+05:30', at],
    ['iso8601', '20241125T140509.120Z', at],
    ['iso8601', '2024-11-25T14:05', minute],
    ['iso8601', '2024-11-25', day],
    ['iso8601', '2024-11-25T24:00', 'date_not_in_calendar'],
    ['iso8601', '2023-02-29T00:00', 'date_not_in_calendar'],
    ['iso8601', '2024-11-25T14:05+99:00', 'date_not_in_calendar'],
    ['iso8601', '25/11/2024', 'date_not_millis'],
    ['dd/MM/yyyy HH:mm', '25/11/2024 14:05', minute],
    ['dd/MM/yyyy HH:mm', '25/11/2024\u202f14:05', minute],
    ['dd/MM/yyyy HH:mm', '11/25/2024 14:05', 'date_not_in_calendar'],
    ['dd/MM/yyyy HH:mm', '5/11/2024 14:05', 'date_not_millis'],
    ['dd/MM/yyyy HH:mm', '25/11/2024 14:05:09', 'date_not_millis'],
    ['d.M.yy H:mm', '25.11.24 14:05', minute],
    ['d.M.yy H:mm', '5.1.24 4:05', Date.UTC(2024, 0, 5, 4, 5)],
    ['yyyyMMddHHmmss', '20241125140509', at - 120],
    ['yyyyMMdd', '20241125.0', day],
    ['yyyy-MM-ddTHH:mm:ss.SSS', '2024-11-25T14:05:09.120', at],
    ["yyyy'y'MM'm'dd", '2024y11m25', day],
    ['MM/dd/yyyy hh:mm a', '11/25/2024 02:05 PM', minute],
    ['MM/dd/yyyy h:mma', '11/25/2024 2:05p.m.', minute],
    ['MM/dd/yyyy hh:mm a', '11/25/2024 12:00 AM', day],
    ['MM/dd/yyyy hh:mm a', '11/25/2024 14:05 PM', 'date_not_in_calendar'],
    ['dd/MM/yyyy', '31/11/2024', 'date_not_in_calendar'],
    ['dd/MM/yyyy', '31/12/1999', 'date_too_early'],
    ['dd/MM/yyyy', '29/02/2024', Date.UTC(2024, 1, 29)],
  ])('%s reads %s', (dateFormat, text, expected) => {
    const read = createDateReader({ dateFormat, timeZone: 'UTC' }, LATEST_MS)(text)
    expect(read < 0 ? dateFaultOf(read) : read).toBe(expected)
  })

  test('a value of ISO 8601 without offset needs a time zone', () => {
    const read = createDateReader({ dateFormat: 'iso8601' }, LATEST_MS)
    expect(dateFaultOf(read('2024-11-25T14:05:09'))).toBe('date_without_offset')
    expect(read('2024-11-25T14:05:09.12Z')).toBe(at)
  })
})
