import { expect, test } from 'vitest'

import { isTimeZone, parseDatePattern } from './date-format.ts'

test.each(['dd/MM/yyyy HH:mm', 'yyyyMMddHHmmssSSS', 'd.M.yy', 'MM/dd/yyyy h:mm a', 'yyyy-MM-ddTHH:mm', "yyyy'T'MM dd"])(
  '%s is a pattern',
  (pattern) => {
    expect(parseDatePattern(pattern)).toMatchObject({ ok: true })
  },
)

test.each<[string, RegExp]>([
  ['', /0 characters/],
  ['DD/MM/YYYY', /"D" at position 1/],
  ['dd/MM', /lacks the year/],
  ['dd/MM/yyyy mm', /minute without the hour/],
  ['dd/MM/yyyy hh:mm', /hh or h without a/],
  ['dd/MM/yyyy HH:mm a', /a without hh or h/],
  ['dd/dd/yyyy', /day more than once/],
  ['dMyyyy', /d right before M/],
  ['dd/MM/yyyy EEEE', /"E"/],
  [`dd/MM/yyyy${'-'.repeat(60)}`, /70 characters/],
])('%s is none', (pattern, message) => {
  expect(parseDatePattern(pattern)).toEqual({ ok: false, message: expect.stringMatching(message) })
})

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Europe/Nowhere', false],
  ['+05:30', false],
  ['', false],
])('time zone %s: %s', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected)
})
