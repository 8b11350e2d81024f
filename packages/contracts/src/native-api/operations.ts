import { z } from 'zod'

import { retryRequest } from '../retry.ts'
import { EXPLAIN_OPERATIONS } from './explain-operations.ts'
import * as examples from './examples.ts'
import { INSPECT_OPERATION } from './inspect-operation.ts'
import type { Operation, Success } from './operation.ts'
import * as parameters from './parameters.ts'
import { PROFILE_OPERATIONS } from './profile-operations.ts'
import { SESSION_OPERATIONS } from './session-operations.ts'
import { ERRORS_CSV, EVENTS, ROWS_CSV } from './text-examples.ts'
import { uploadForm } from './upload-form.ts'
import * as views from './views.ts'
import { WEBHOOK_OPERATIONS } from './webhook-operations.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const CSV = 'text/csv; charset=utf-8'
const NOT_FOUND = { 404: 'There is no such import in this organization' }
const ACTION_ERRORS = { ...NOT_FOUND, 409: 'It does not fit where the import stands; `state` gives its status' }
const NO_FILE = { 404: 'There is no such import in this organization, or its file is no longer stored' }
const IMPORT = { schema: views.importView, example: examples.runningImport }

function report<const Name extends string>(name: Name, summary: string) {
  return {
    method: 'get',
    path: `/v1/imports/{importId}/${name}`,
    tag: 'results',
    summary,
    role: 'read',
    query: parameters.reportQuery,
    success: [
      {
        status: 200,
        description: 'The rows, made while they are sent',
        contentType: CSV,
        example: name === 'errors.csv' ? ERRORS_CSV : ROWS_CSV,
      },
    ],
    errors: NO_FILE,
  } as const satisfies Operation
}

function action<const Name extends string, const Successes extends readonly Success[]>(
  name: Name,
  summary: string,
  description: string,
  success: Successes,
) {
  return {
    method: 'post',
    path: `/v1/imports/{importId}/${name}`,
    tag: 'actions',
    summary,
    description,
    role: 'write',
    query: parameters.noQuery,
    success,
    errors: ACTION_ERRORS,
  } as const satisfies Operation
}

/** Everything that the native API can do: what is mounted, documented and walked through by a test. */
export const OPERATIONS = {
  createImport: {
    method: 'post',
    path: '/v1/series/{seriesId}/imports',
    tag: 'imports',
    summary: 'Create an import',
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
  inspectFile: INSPECT_OPERATION,
  listImports: {
    method: 'get',
    path: '/v1/imports',
    tag: 'imports',
    summary: 'List imports',
    role: 'read',
    query: parameters.importListQuery,
    example: { query: 'status=completed&limit=10' },
    success: [{ status: 200, description: 'A page', schema: views.importListView, example: examples.importList }],
    errors: { 404: 'There is no such series in this organization' },
  },
  showImport: {
    method: 'get',
    path: '/v1/imports/{importId}',
    tag: 'imports',
    summary: 'Retrieve an import',
    role: 'read',
    query: parameters.noQuery,
    headers: { 'If-None-Match': 'The ETag of an earlier answer' },
    success: [
      { status: 200, description: 'The import', ...IMPORT, headers: { ETag: 'Changes with the import' } },
      { status: 304, description: 'The import has not changed' },
    ],
    errors: NOT_FOUND,
  },
  watchImport: {
    method: 'get',
    path: '/v1/imports/{importId}/events',
    tag: 'imports',
    summary: 'Stream the progress of an import',
    description:
      '`progress` with the import as data, whenever it changes and at least once a second, then `end` once it is over.',
    role: 'read',
    query: parameters.noQuery,
    headers: { 'Last-Event-ID': 'The id of the last event that was received' },
    success: [
      { status: 200, description: 'The events', contentType: 'text/event-stream', example: EVENTS },
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
    errors: ACTION_ERRORS,
  },
  listRowErrors: {
    method: 'get',
    path: '/v1/imports/{importId}/errors',
    tag: 'results',
    summary: 'List row errors',
    role: 'read',
    query: parameters.rowErrorListQuery,
    example: { query: 'limit=10' },
    success: [{ status: 200, description: 'A page', schema: views.rowErrorListView, example: examples.rowErrorList }],
    errors: NO_FILE,
  },
  downloadErrors: report('errors.csv', 'Download the rejected rows'),
  downloadErrorWorkbook: {
    method: 'get',
    path: '/v1/imports/{importId}/errors.xlsx',
    tag: 'results',
    summary: 'Download the rejected rows as a workbook',
    description: 'The table of `errors.csv` with every cell as text, up to 1,000,000 rows.',
    role: 'read',
    query: parameters.noQuery,
    success: [{ status: 200, description: 'The workbook, made while it is sent', contentType: XLSX }],
    errors: { ...NO_FILE, 409: 'There are more rejected rows than a workbook holds' },
  },
  downloadInserted: report('inserted.csv', 'Download the inserted rows'),
  downloadDuplicates: report('duplicates.csv', 'Download the duplicate rows'),
  downloadUnprocessed: report('unprocessed.csv', 'Download the unprocessed rows'),
  downloadFile: {
    method: 'get',
    path: '/v1/imports/{importId}/file',
    tag: 'results',
    summary: 'Download the uploaded file',
    role: 'read',
    query: parameters.noQuery,
    headers: {
      Range: 'One range of bytes, to go on with a download that was cut',
      'If-Range': 'The ETag of the part that is there: where it no longer fits all of the file is sent',
      'If-None-Match': 'The ETag of an earlier answer',
    },
    success: [
      {
        status: 200,
        description: 'The upload',
        contentType: 'application/octet-stream',
        headers: { ETag: 'Names these very bytes', 'Accept-Ranges': 'bytes' },
      },
      {
        status: 206,
        description: 'The range of it',
        contentType: 'application/octet-stream',
        headers: { 'Content-Range': 'Which bytes of how many' },
      },
      { status: 304, description: 'The client has it' },
    ],
    errors: { ...NO_FILE, 416: 'The file has no byte of the range; `Content-Range` gives its length' },
  },
  cancelImport: action(
    'cancel',
    'Cancel an import',
    'Stops at once; a batch under way is waited for. What was inserted stays; the rest can be downloaded as unprocessed.',
    [{ status: 200, description: 'The import is cancelled', ...IMPORT }],
  ),
  resumeImport: action(
    'resume',
    'Resume a cancelled or failed import',
    'Goes on from its checkpoints. An error budget that was used up no longer holds.',
    [{ status: 202, description: 'The import is queued again', ...IMPORT }],
  ),
  revertImport: action(
    'revert',
    'Revert an import',
    'Deletes what it inserted: its coupons can be redeemed again. The status becomes `reverted` once all is deleted; reports and counts stay as history.',
    [
      { status: 202, description: 'The import is being reverted', ...IMPORT },
      { status: 200, description: 'The import is reverted', ...IMPORT },
    ],
  ),
  retryRejected: {
    ...action(
      'retry-rejected',
      'Retry the rejected rows of an import',
      'Makes a new import of the rejected rows, of all or of those with one of `codes`, as they were or corrected. It is ' +
        'answered at once, and its file is made by a worker. The same body again gives the import that it made; another ' +
        'body makes another import, once the one before is over.',
      [
        { status: 202, description: 'The new import', ...IMPORT, headers: { Location: 'The new import' } },
        { status: 200, description: 'The import that this body made before', ...IMPORT },
      ],
    ),
    body: { contentType: 'application/json', schema: retryRequest },
    example: {
      json: { codes: ['COUPON_NOT_FOUND'], corrections: [{ column: 'couponCode', from: 'SPRNG-1', to: 'SPRING-1' }] },
    },
  },
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
    success: [
      { status: 200, description: 'A page', schema: views.redemptionListView, example: examples.redemptionList },
    ],
    errors: { 404: 'There is no such coupon, or no such import, in this organization' },
  },
  countReference: {
    method: 'get',
    path: '/v1/reference/{kind}',
    tag: 'reference',
    summary: 'Count reference data',
    role: 'read',
    query: parameters.noQuery,
    success: [
      {
        status: 200,
        description: 'How many there are',
        schema: views.referenceCountView,
        example: examples.referenceCount,
      },
    ],
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
    success: [
      {
        status: 200,
        description: 'What became of the rows',
        schema: views.referenceLoadView,
        example: examples.referenceLoad,
      },
    ],
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
    success: [
      { status: 200, description: 'The item', schema: views.referenceItemView, example: examples.referenceItem },
    ],
    errors: { 404: 'There is no such item in this organization' },
  },
  ...PROFILE_OPERATIONS,
  ...SESSION_OPERATIONS,
  listApiKeys: {
    method: 'get',
    path: '/v1/api-keys',
    tag: 'keys',
    summary: 'List API keys',
    role: 'admin',
    query: parameters.noQuery,
    success: [{ status: 200, description: 'The keys', schema: views.apiKeyListView, example: examples.apiKeyList }],
  },
  createApiKey: {
    method: 'post',
    path: '/v1/api-keys',
    tag: 'keys',
    summary: 'Create an API key',
    role: 'admin',
    query: parameters.noQuery,
    body: { contentType: 'application/json', schema: parameters.newApiKey },
    example: { json: { role: 'read', name: 'poller' } },
    success: [
      {
        status: 201,
        description: 'The key itself is shown here and never again',
        schema: views.newApiKeyView,
        example: examples.newApiKey,
      },
    ],
    errors: { 408: 'The body stood still', 413: 'The body is too large', 415: 'The body is compressed' },
  },
  revokeApiKey: {
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    tag: 'keys',
    summary: 'Revoke an API key',
    role: 'admin',
    query: parameters.noQuery,
    success: [{ status: 204, description: 'The key is revoked' }],
    errors: { 404: 'There is no such key in this organization' },
  },
  ...EXPLAIN_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
} as const satisfies Record<string, Operation>
