/** What was given is no workbook that can be read. The message is for the user. */
export class WorkbookError extends Error {
  override readonly name = 'WorkbookError'
  readonly code: 'INVALID_WORKBOOK' | 'COMPRESSION_RATIO_TOO_HIGH'

  constructor(code: WorkbookError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export function invalidWorkbook(reason: string, cause?: unknown): WorkbookError {
  return new WorkbookError(
    'INVALID_WORKBOOK',
    `the file begins as a workbook and cannot be read: ${reason}; expected an .xlsx file, saved whole`,
    { cause },
  )
}
