import type { ImportFailureCode } from './import-state.ts'
import { ERROR_ADVICE, type ErrorAdvice } from './row-error-advice.ts'
import { ROW_ERROR_CODES, type RowErrorCode } from './row-errors.ts'

/** Why an import as a whole fails. */
export const IMPORT_FAILURE_EXPLANATIONS: Readonly<Record<ImportFailureCode, Pick<ErrorAdvice, 'cause' | 'remedy'>>> = {
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
}

/** The catalogue as a page of documentation, in Markdown. */
export function renderErrorCatalogue(): string {
  const rows = (Object.keys(ROW_ERROR_CODES) as RowErrorCode[]).map((code) => {
    const { title, cause, remedy } = ERROR_ADVICE[code]
    return `## ${code}\n\n${title.replace('{column}', 'A value')}. Number ${ROW_ERROR_CODES[code].number}.\n\n${cause}\n\n**What to do:** ${remedy}\n`
  })
  const failures = (Object.keys(IMPORT_FAILURE_EXPLANATIONS) as ImportFailureCode[]).map((code) => {
    const { cause, remedy } = IMPORT_FAILURE_EXPLANATIONS[code]
    return `### ${code}\n\n${cause}\n\n**What to do:** ${remedy}\n`
  })
  return [
    '# Errors\n',
    '<!-- Written by `npm run docs:errors` from packages/contracts/src/row-error-advice.ts and error-catalogue.ts. -->\n',
    'Why a row was rejected: the code in `errorCode` of the error report, its number in `errorNumber`. The message beside it names the value and, where the value shows one, the likely cause.\n',
    ...rows,
    '## Imports that fail\n',
    'Why an import as a whole ended, in `failure.code`.\n',
    ...failures,
  ].join('\n')
}
