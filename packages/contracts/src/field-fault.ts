import type { FaultCodeOf, FaultStatus } from './fault-codes.ts'

/** One thing wrong with a request, and what was expected; unless the status is named, with a form, a body or a parameter. */
export interface FieldFault<Status extends FaultStatus = 400> {
  readonly code: FaultCodeOf<Status>
  readonly field: string
  readonly message: string
}
