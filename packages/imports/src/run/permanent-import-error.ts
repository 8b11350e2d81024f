import { PermanentError, type ImportFailureCode } from '@importer/contracts'

/** The import cannot succeed however often it is tried. The message is for the user. */
export class PermanentImportError extends PermanentError<ImportFailureCode> {
  override readonly name = 'PermanentImportError'
}
