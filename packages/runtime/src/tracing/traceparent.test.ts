import { expect, test } from 'vitest'

import { formatTraceparent, parseTraceparent } from './traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7'

test.each([
  [`00-${TRACE}-01`, `00-${TRACE}-01`],
  [`00-${TRACE}-00`, `00-${TRACE}-00`],
  [`00-${TRACE}-ff`, `00-${TRACE}-ff`],
  [`cc-${TRACE}-01-what-comes-later`, `00-${TRACE}-01`],
  [`00-${TRACE}-01-more`, null],
  [`ff-${TRACE}-01`, null],
  [`00-${TRACE.toUpperCase()}-01`, null],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, null],
  [`00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`, null],
  [[`00-${TRACE}-01`], null],
  [undefined, null],
])('%j goes on as %s', (header, passedOn) => {
  const read = parseTraceparent(header)
  expect(read && formatTraceparent(read)).toBe(passedOn)
})
