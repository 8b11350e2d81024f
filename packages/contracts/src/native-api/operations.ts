import { z } from 'zod'

import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS, type CouponIdentifier, type CustomerIdentifier } from '../columns.ts'
import { retryRequest } from '../retry.ts'
import { EXPLAIN_OPERATIONS } from './explain-operations.ts'
import type { Operation, Success } from './operation.ts'
import * as parameters from './parameters.ts'
import { SESSION_OPERATIONS } from './session-operations.ts'
import * as views from './views.ts'
import { WEBHOOK_OPERATIONS } from './webhook-operations.ts'

const keysOf = <Key extends string>(object: Readonly<Record<Key, unknown>>) => Object.keys(object) as [Key, ...Key[]]

const uploadForm = parameters.uploadOptions
  .extend({
    customerIdentifier: z.enum(keysOf<CustomerIdentifier>(CUSTOMER_IDENTIFIERS)),
    couponIdentifier: z.enum(keysOf<CouponIdentifier>(COUPON_IDENTIFIERS)),
    uploadHeaders: z.string().meta({
      description:
        'An object (JSON5) from column key to column: a position from 0, or the name that the column has in the header',
      example: '{"redeemedDateInMillis": "date", "redeemedAt": "till", "mobile": "phone", "couponCode": 3}',
    }),
    details: z.string().max(65_536).optional().meta({ description: 'Notes' }),
    file: z.file().meta({ description: 'CSV, plain or packed with gzip' }),
  })
  .meta({ id: 'Upload' })

const CSV = 'text/csv; charset=utf-8'
const NOT_FOUND = { 404: 'There is no such import in this organization' }
const LEVER_ERRORS = { ...NOT_FOUND, 409: 'It does not fit where the import stands; `state` tells where that is' }
const NO_FILE = { 404: 'There is no such import in this organization, or its file is no longer stored' }
const IMPORT = { schema: views.importView }

function report<const Name extends string>(name: Name, summary: string) {
  return {
    method: 'get',
    path: `/v1/imports/{importId}/${name}`,
    tag: 'results',
    summary,
    role: 'read',
    query: parameters.reportQuery,
    success: [{ status: 200, description: 'The rows, made while they are sent', contentType: CSV }],
    errors: NO_FILE,
  } as const satisfies Operation
}

function lever<const Name extends string, const Successes extends readonly Success[]>(
  name: Name,
  summary: string,
  description: string,
  success: Successes,
) {
  return {
    method: 'post',
    path: `/v1/imports/{importId}/${name}`,
    tag: 'levers',
    summary,
    description,
    role: 'write',
    query: parameters.noQuery,
    success,
    errors: LEVER_ERRORS,
  } as const satisfies Operation
}

/** Everything that the native API can do: what is mounted, documented and walked through by a test. */
export const OPERATIONS = {
  createImport: {
    method: 'post',
    path: '/v1/series/{seriesId}/imports',
    tag: 'imports',
    summary: 'Upload a file of redeemed coupons',
    role: 'write',
    query: parameters.noQuery,
    headers: {
      'Idempotency-Key':
        '1 to 255 printable ASCII characters. Within 24 hours the same key and payload get the first answer again',
    },
    body: { contentType: 'multipart/form-data', schema: uploadForm },
    example: {
      form: {
        customerIdentifier: 'MOBILE',
        couponIdentifier: 'COUPON_CODE',
        uploadHeaders:
          '{"redeemedDateInMillis": "Redeemed on", "redeemedAt": "Till", "mobile": "Mobile", "couponCode": "Coupon"}',
        file: '@docs/examples/redemptions.csv',
      },
    },
    success: [
      {
        status: 202,
        description: 'The file is stored and will be imported',
        ...IMPORT,
        headers: {
          Location: 'The import',
          'Retry-After': 'When to look at it, in seconds',
          'Idempotency-Replayed': 'true: this is the first answer again',
        },
      },
    ],
    errors: {
      404: 'There is no such series in this organization',
      408: 'The body stood still',
      409: 'The Idempotency-Key is in use by a request under way, or the series was given this file before',
      413: 'The upload, or what it unpacks to, is too large',
      422: 'The Idempotency-Key came with another payload before',
    },
  },
  listImports: {
    method: 'get',
    path: '/v1/imports',
    tag: 'imports',
    summary: 'List imports, newest first',
    role: 'read',
    query: parameters.importListQuery,
    example: { query: 'status=completed&limit=10' },
    success: [{ status: 200, description: 'A page', schema: views.importListView }],
    errors: { 404: 'There is no such series in this organization' },
  },
  showImport: {
    method: 'get',
    path: '/v1/imports/{importId}',
    tag: 'imports',
    summary: 'Look at an import',
    role: 'read',
    query: parameters.noQuery,
    headers: { 'If-None-Match': 'The ETag of an earlier answer' },
    success: [
      { status: 200, description: 'The import', ...IMPORT, headers: { ETag: 'Changes with the import' } },
      { status: 304, description: 'It has not changed' },
    ],
    errors: NOT_FOUND,
  },
  watchImport: {
    method: 'get',
    path: '/v1/imports/{importId}/events',
    tag: 'imports',
    summary: 'Watch an import as server-sent events',
    description:
      '`progress` with the import as data, whenever it changes and at least once a second, then `end` once it is over.',
    role: 'read',
    query: parameters.noQuery,
    headers: { 'Last-Event-ID': 'The id of the last event that was received' },
    success: [
      { status: 200, description: 'The events', contentType: 'text/event-stream' },
      { status: 204, description: 'The last event that was received was the end' },
    ],
    errors: NOT_FOUND,
  },
  deleteImport: {
    method: 'delete',
    path: '/v1/imports/{importId}',
    tag: 'imports',
    summary: 'Delete the file and the reports of an import',
    description:
      'Of an import that is over: its file, its reports and its row errors are gone at once. Its own record, its counts ' +
      'and its redemptions stay.',
    role: 'admin',
    query: parameters.noQuery,
    success: [{ status: 204, description: 'They are gone' }],
    errors: LEVER_ERRORS,
  },
  listRowErrors: {
    method: 'get',
    path: '/v1/imports/{importId}/errors',
    tag: 'results',
    summary: 'List why rows were rejected, in the order of the file',
    role: 'read',
    query: parameters.rowErrorListQuery,
    example: { query: 'limit=10' },
    success: [{ status: 200, description: 'A page', schema: views.rowErrorListView }],
    errors: NO_FILE,
  },
  downloadErrors: report('errors.csv', 'Download the rejected rows'),
  downloadInserted: report('inserted.csv', 'Download the rows that were inserted'),
  downloadDuplicates: report('duplicates.csv', 'Download the rows that were recorded before'),
  downloadUnprocessed: report('unprocessed.csv', 'Download the rows that were never processed'),
  downloadFile: {
    method: 'get',
    path: '/v1/imports/{importId}/file',
    tag: 'results',
    summary: 'Download the upload as it came',
    role: 'read',
    query: parameters.noQuery,
    success: [{ status: 200, description: 'The upload', contentType: 'application/octet-stream' }],
    errors: NO_FILE,
  },
  cancelImport: lever(
    'cancel',
    'Stop an import',
    'Stops at once; a batch under way is waited for. What was inserted stays; the rest can be downloaded as unprocessed.',
    [{ status: 200, description: 'It is cancelled', ...IMPORT }],
  ),
  resumeImport: lever(
    'resume',
    'Let a cancelled or failed import go on',
    'Goes on from its checkpoints. An error budget that was used up no longer holds.',
    [{ status: 202, description: 'It goes on', ...IMPORT }],
  ),
  revertImport: lever(
    'revert',
    'Delete what an import inserted',
    'Its coupons are free again. The status becomes `reverted` once all is deleted; reports and counts stay as history.',
    [
      { status: 202, description: 'It is being reverted', ...IMPORT },
      { status: 200, description: 'It is reverted', ...IMPORT },
    ],
  ),
  retryRejected: {
    ...lever(
      'retry-rejected',
      'Import the rejected rows again',
      'Makes a new import of the rejected rows, of all or of those with one of `codes`, as they were or corrected. It is ' +
        'answered at once, and its file is made by a worker. The same body again gives the import that it made; another ' +
        'body makes another import, once the one before is over.',
      [
        { status: 202, description: 'The new import', ...IMPORT, headers: { Location: 'The new import' } },
        { status: 200, description: 'The import that this body made before', ...IMPORT },
      ],
    ),
    body: { contentType: 'application/json', schema: retryRequest },
    example: { json: { codes: ['TILL_NOT_FOUND'], corrections: [{ column: 'redeemedAt', from: '99', to: '17' }] } },
  },
  listRedemptions: {
    method: 'get',
    path: '/v1/redemptions',
    tag: 'redemptions',
    summary: 'Was this coupon used: when, where, by whom, from which file and row',
    description: 'By `couponId`, by `couponCode` and `seriesId`, or by `importId` (and `rowNumber`). Newest first.',
    role: 'read',
    query: parameters.redemptionListQuery,
    example: { query: 'couponCode=SPRING-1&seriesId=953234' },
    success: [{ status: 200, description: 'A page', schema: views.redemptionListView }],
    errors: { 404: 'There is no such coupon, or no such import, in this organization' },
  },
  countReference: {
    method: 'get',
    path: '/v1/reference/{kind}',
    tag: 'reference',
    summary: 'Count reference data',
    role: 'read',
    query: parameters.noQuery,
    success: [{ status: 200, description: 'How many there are', schema: views.referenceCountView }],
  },
  loadReference: {
    method: 'put',
    path: '/v1/reference/{kind}',
    tag: 'reference',
    summary: 'Insert or update reference data in bulk',
    role: 'write',
    query: parameters.noQuery,
    body: { contentType: 'text/csv', schema: z.string().meta({ description: 'CSV with named columns, streamed' }) },
    example: { file: 'docs/examples/tills.csv' },
    success: [{ status: 200, description: 'What became of the rows', schema: views.referenceLoadView }],
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
    summary: 'Look at one item of reference data',
    role: 'read',
    query: parameters.noQuery,
    success: [{ status: 200, description: 'The item', schema: views.referenceItemView }],
    errors: { 404: 'There is no such item in this organization' },
  },
  ...SESSION_OPERATIONS,
  listApiKeys: {
    method: 'get',
    path: '/v1/api-keys',
    tag: 'keys',
    summary: 'List the API keys of the organization, revoked ones included',
    role: 'admin',
    query: parameters.noQuery,
    success: [{ status: 200, description: 'The keys', schema: views.apiKeyListView }],
  },
  createApiKey: {
    method: 'post',
    path: '/v1/api-keys',
    tag: 'keys',
    summary: 'Make an API key',
    role: 'admin',
    query: parameters.noQuery,
    body: { contentType: 'application/json', schema: parameters.newApiKey },
    example: { json: { role: 'read', name: 'poller' } },
    success: [{ status: 201, description: 'The key, told this once', schema: views.newApiKeyView }],
    errors: { 408: 'The body stood still', 413: 'The body is too large', 415: 'The body is compressed' },
  },
  revokeApiKey: {
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    tag: 'keys',
    summary: 'Revoke an API key',
    role: 'admin',
    query: parameters.noQuery,
    success: [{ status: 204, description: 'It works no more' }],
    errors: { 404: 'There is no such key in this organization' },
  },
  ...EXPLAIN_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
} as const satisfies Record<string, Operation>
