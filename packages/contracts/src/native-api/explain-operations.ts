import { z } from 'zod'

import { TIMELINE_KINDS } from '../audit.ts'
import * as examples from './explain-examples.ts'
import * as views from './explain-views.ts'
import { answer, type Operation } from './operation.ts'
import { noQuery, pageQuery, wholeNumber } from './parameters.ts'
import { storableText } from '../storable.ts'

const READ = { method: 'get', role: 'read' } as const
const NO_FILE = { 404: 'There is no such import or row, or its file is no longer stored' }
const MAX_LINE = Number.MAX_SAFE_INTEGER

/** What a person asks who has to put something right. */
export const EXPLAIN_OPERATIONS = {
  explainRow: {
    ...READ,
    path: '/v1/imports/{importId}/rows/{rowNumber}',
    tag: 'results',
    summary: 'Explain a row',
    description: 'Whatever its outcome: the cells and how they were read, the errors, and what stands in the way.',
    query: noQuery,
    success: [answer(200, 'The row', views.rowExplanationView, examples.rowExplanation)],
    errors: NO_FILE,
  },
  explainLine: {
    ...READ,
    path: '/v1/imports/{importId}/rows',
    tag: 'results',
    summary: 'Explain the row on a line',
    description:
      'A line inside a record is that record. One that is blank, part of a header or title, or behind the end of the file is 404.',
    query: z.strictObject({
      line: wholeNumber({ from: 1, to: MAX_LINE }).meta({ description: 'Physical line of the file, from 1' }),
    }),
    example: { query: 'line=2' },
    success: [answer(200, 'The row', views.rowExplanationView, examples.rowExplanation)],
    errors: NO_FILE,
  },
  listErrorGroups: {
    ...READ,
    path: '/v1/imports/{importId}/error-groups',
    tag: 'results',
    summary: 'List groups of row errors',
    description: 'By code and column, exactly, from what is stored; or by value too, for which the file is read once.',
    query: z.strictObject({ by: z.enum(['code', 'value'], 'expected code or value').default('code') }),
    example: { query: 'by=value' },
    success: [answer(200, 'The groups', views.errorGroupListView, examples.errorGroups)],
    errors: NO_FILE,
  },
  listTimeline: {
    ...READ,
    path: '/v1/imports/{importId}/timeline',
    tag: 'imports',
    summary: 'List the timeline of an import',
    query: pageQuery.extend({
      kind: z.enum(TIMELINE_KINDS).optional().meta({ description: 'Entries of this kind only' }),
    }),
    success: [answer(200, 'A page', views.timelineView, examples.timeline)],
    errors: { 404: 'There is no such import in this organization' },
  },
  listAuditEvents: {
    method: 'get',
    role: 'admin',
    path: '/v1/audit-events',
    tag: 'keys',
    summary: 'List audit events',
    description: 'What happened to keys, endpoints, profiles and reference data, oldest first.',
    query: pageQuery,
    success: [answer(200, 'A page', views.auditEventListView, examples.auditEvents)],
  },
  listSeries: {
    ...READ,
    path: '/v1/series',
    tag: 'reference',
    summary: 'List coupon series',
    query: z.strictObject({
      q: storableText()
        .min(1, 'expected a text')
        .max(255, 'expected at most 255 characters')
        .optional()
        .meta({ description: 'Part of the name without case, or the beginning of the id' }),
      ...pageQuery.shape,
    }),
    example: { query: 'q=spring' },
    success: [answer(200, 'A page', views.seriesListView, examples.seriesList)],
  },
} as const satisfies Record<string, Operation>
