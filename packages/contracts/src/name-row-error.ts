import { ROW_ERROR_CODES, type RowErrorCode } from './error-catalogue.ts'

/** What is wrong with a row that has this error, without its column: the begin of a sentence. */
export function nameRowError(code: RowErrorCode): string {
  const { title } = ROW_ERROR_CODES[code]
  return title.startsWith('{column}') ? title.replace('{column}', 'A value') : title.replace('{column}', 'value')
}
