import { expect, test } from 'vitest'

import { chooseRequestId } from './track-requests.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/

test.each([
  [{ 'x-request-id': 'mine-1', traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` }, /^mine-1$/],
  [{ traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` }, new RegExp(`^${TRACE_ID}$`)],
  [{ 'x-request-id': 'two words', traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-00` }, new RegExp(`^${TRACE_ID}$`)],
  [{ traceparent: `cc-${TRACE_ID}-00f067aa0ba902b7-01-what-comes-later` }, new RegExp(`^${TRACE_ID}$`)],
  [{ traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01-more` }, UUID],
  [{ traceparent: `ff-${TRACE_ID}-00f067aa0ba902b7-01` }, UUID],
  [{ traceparent: `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01` }, UUID],
  [{ traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }, UUID],
  [{ traceparent: `00-${TRACE_ID}-${'0'.repeat(16)}-01` }, UUID],
  [{ 'x-request-id': 'x'.repeat(101) }, UUID],
  [{}, UUID],
])('%j is known by %s', (headers, id) => {
  expect(chooseRequestId(headers)).toMatch(id)
})
