import type { ImportFailureCode } from '@importer/contracts'

/** The import cannot succeed however often it is tried. The message is for the user. */
export class PermanentImportError extends Error {
  override readonly name = 'PermanentImportError'
  readonly code: ImportFailureCode

  constructor(code: ImportFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
