import { z } from 'zod'

import * as examples from './examples.ts'
import { answer, type OpenOperation } from './operation.ts'
import { noQuery } from './parameters.ts'
import { METRICS } from './text-examples.ts'

const check = z.strictObject({
  ok: z.boolean(),
  reason: z.string().nullable().meta({ description: 'null: it answers' }),
})

const healthView = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })
const readinessView = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    checks: z
      .strictObject({ database: check, queue: check, storage: check, process: check })
      .partial()
      .meta({ description: 'All but those that the request excludes; `process` alone: it is stopping' }),
  })
  .meta({ id: 'Readiness' })
const readinessQuery = z.strictObject({
  exclude: z
    .array(z.enum(['database', 'queue', 'storage']))
    .optional()
    .meta({ description: 'Parts that are not asked: `?exclude=queue&exclude=storage`' }),
})

/** For whoever runs the service: they need no key and reveal nothing of any organization. */
export const SERVICE_OPERATIONS = {
  getHealth: {
    method: 'get',
    path: '/healthz',
    tag: 'service',
    summary: 'Check that the process is up',
    query: noQuery,
    success: [answer(200, 'It is', healthView, examples.health)],
  },
  getReadiness: {
    method: 'get',
    path: '/readyz',
    tag: 'service',
    summary: 'Check that database, queue and storage answer',
    query: readinessQuery,
    success: [
      { status: 200, description: 'All of them answer', schema: readinessView, example: examples.ready },
      { status: 503, description: 'One does not, and why', schema: readinessView, example: examples.notReady },
    ],
  },
  getMetrics: {
    method: 'get',
    path: '/metrics',
    tag: 'service',
    summary: 'Read the metrics of the process',
    description: 'In the text format of Prometheus. With `METRICS_PORT` set they are at that port alone.',
    query: noQuery,
    success: [{ status: 200, description: 'The metrics', contentType: 'text/plain', example: METRICS }],
  },
} as const satisfies Record<string, OpenOperation>
