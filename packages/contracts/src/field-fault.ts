/** One thing wrong with a request: which multipart field, and what was expected there. */
export interface FieldFault {
  readonly code: string
  readonly field: string
  readonly message: string
}
