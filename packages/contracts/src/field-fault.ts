import type { FaultCode } from './fault-codes.ts'

/** One thing wrong with a request: which multipart field, and what was expected there. */
export interface FieldFault {
  readonly code: FaultCode
  readonly field: string
  readonly message: string
}
