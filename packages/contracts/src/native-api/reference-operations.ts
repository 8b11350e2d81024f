import { z } from 'zod'

import * as examples from './examples.ts'
import { answer, type Operation } from './operation.ts'
import * as parameters from './parameters.ts'
import * as views from './views.ts'

/** Of reference data, and of the redemptions that refer to it. */
export const REFERENCE_OPERATIONS = {
  listRedemptions: {
    method: 'get',
    path: '/v1/redemptions',
    tag: 'redemptions',
    summary: 'List redemptions',
    description:
      'Was this coupon used: when, where, by whom, from which file and row. By `couponId`, by `couponCode` and `seriesId`, or by `importId` (and `rowNumber`). Newest first.',
    role: 'read',
    query: parameters.redemptionListQuery,
    example: { query: 'couponCode=SPRING-1&seriesId=953234' },
    success: [answer(200, 'A page', views.redemptionListView, examples.redemptionList)],
    errors: { 404: 'There is no such coupon, or no such import, in this organization' },
  },
  countReference: {
    method: 'get',
    path: '/v1/reference/{kind}',
    tag: 'reference',
    summary: 'Count reference data',
    role: 'read',
    query: parameters.noQuery,
    success: [answer(200, 'How many there are', views.referenceCountView, examples.referenceCount)],
  },
  loadReference: {
    method: 'put',
    path: '/v1/reference/{kind}',
    tag: 'reference',
    summary: 'Load reference data',
    role: 'write',
    query: parameters.noQuery,
    body: { contentType: 'text/csv', schema: z.string().meta({ description: 'CSV with named columns, streamed' }) },
    example: { file: 'docs/examples/tills.csv' },
    success: [answer(200, 'What became of the rows', views.referenceLoadView, examples.referenceLoad)],
    errors: {
      408: 'The body stood still',
      413: 'The body is too large',
      415: 'The body is compressed',
    },
  },
  showReference: {
    method: 'get',
    path: '/v1/reference/{kind}/{id}',
    tag: 'reference',
    summary: 'Retrieve an item of reference data',
    role: 'read',
    query: parameters.noQuery,
    success: [answer(200, 'The item', views.referenceItemView, examples.referenceItem)],
    errors: { 404: 'There is no such item in this organization' },
  },
} as const satisfies Record<string, Operation>
