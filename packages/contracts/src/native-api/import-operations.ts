import { retryRequest } from '../retry.ts'
import * as examples from './examples.ts'
import { INSPECT_OPERATION } from './inspect-operation.ts'
import { answer, type Operation, type Success } from './operation.ts'
import * as parameters from './parameters.ts'
import { EVENTS } from './text-examples.ts'
import { uploadForm } from './upload-form.ts'
import * as views from './views.ts'

const NOT_FOUND = { 404: 'There is no such import in this organization' }
const ACTION_ERRORS = { ...NOT_FOUND, 409: 'It does not fit where the import stands; `state` gives its status' }
const IMPORT = { schema: views.importView, example: examples.runningImport }

/** Uploads, and what becomes of them. */
export const IMPORT_OPERATIONS = {
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
    success: [answer(200, 'A page', views.importListView, examples.importList)],
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
} as const satisfies Record<string, Operation>

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

/** What an operator does to an import. */
export const ACTION_OPERATIONS = {
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
} as const satisfies Record<string, Operation>
