import * as examples from './examples.ts'
import { answer, type Operation } from './operation.ts'
import * as parameters from './parameters.ts'
import { ERRORS_CSV, ROWS_CSV } from './text-examples.ts'
import * as views from './views.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const CSV = 'text/csv; charset=utf-8'
const NO_FILE = { 404: 'There is no such import in this organization, or its file is no longer stored' }

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

/** Of an import's rows and of its file. */
export const RESULT_OPERATIONS = {
  listRowErrors: {
    method: 'get',
    path: '/v1/imports/{importId}/errors',
    tag: 'results',
    summary: 'List row errors',
    role: 'read',
    query: parameters.rowErrorListQuery,
    example: { query: 'limit=10' },
    success: [answer(200, 'A page', views.rowErrorListView, examples.rowErrorList)],
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
} as const satisfies Record<string, Operation>
