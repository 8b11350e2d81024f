import { expect, test } from 'vitest'

import { NO_SPAN, startTracing } from './tracing.ts'

test('without an endpoint no span is made: each is one object that carries nothing', async () => {
  const fail = (): never => expect.fail('nothing is logged')
  const log = { info: fail, warn: fail }
  const tracing = await startTracing({ endpoint: undefined, serviceName: 'redemptions-test', log, stopTimeoutMs: 1 })
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const span = tracing.startSpan('upload', { kind: 'server', parent })
  expect(span).toBe(NO_SPAN)
  expect(span.startChild('batch', { 'redemptions.import.id': 1 })).toBe(NO_SPAN)
  expect(span.traceparent).toBeNull()
  span.end(new Error('as it fails'))
  await tracing.stop()
})
