import type { Advice } from './row-rules.ts'

/** Why an import as a whole fails. The codes are stable. */
export const IMPORT_FAILURES = {
  EMPTY_FILE: {
    cause: 'The file has nothing in it, or nothing behind the lines that skipLines leaves out.',
    remedy: 'Export the file again and look into it before the upload.',
  },
  NOT_CSV: {
    cause:
      'The file is no table of text: an archive, an image, a page, JSON, or text in UTF-16 without a byte order mark. The message says what it looks like.',
    remedy: 'Upload CSV. For text in UTF-16 without a byte order mark add encoding=utf-16le.',
  },
  FILE_DAMAGED: {
    cause: 'The stored file is not what was uploaded: it was changed, damaged or cut off in the store.',
    remedy: 'Check the store, and upload the file again. What was inserted before that point is kept.',
  },
  FILE_MISSING: {
    cause: 'The uploaded file is no longer in the store.',
    remedy: 'Upload it again.',
  },
  SERIES_MISSING: {
    cause: 'The series was deleted after the upload.',
    remedy: 'Load the series into the reference data and resume the import.',
  },
  ERROR_BUDGET_EXCEEDED: {
    cause: 'More rows were rejected than maxErrors or maxErrorRatio of the upload allows.',
    remedy: 'Read the error report. Resume the import to go on all the same, or revert it.',
  },
  INTERNAL_ERROR: {
    cause: 'The importer met an error of its own, again and again without progress in between.',
    remedy: "Read the worker's log for the import's id, and resume the import once the cause is gone.",
  },
} as const satisfies Record<string, Advice>

export type ImportFailureCode = keyof typeof IMPORT_FAILURES

export const IMPORT_FAILURE_CODES = Object.keys(IMPORT_FAILURES) as [ImportFailureCode, ...ImportFailureCode[]]

/** The message is for the user. */
export interface ImportFailure {
  readonly code: ImportFailureCode
  readonly message: string
}
