import { ApiError, type Refusal } from '../http/api-error.ts'

/** What was refused: the log of security events names it. */
export type RefusedAccess = 'key refused' | 'session refused' | 'role refused' | 'cross-origin request refused'

/** Somebody sent a key or a session's cookie and is not let in: an event for the log. */
export class RefusedAccessError extends ApiError {
  readonly event: RefusedAccess
  /** Of a key that works and may not do this. */
  readonly key: { readonly keyId: number; readonly orgId: number } | undefined

  constructor(
    event: RefusedAccess,
    refusal: Refusal<401 | 403>,
    key?: { readonly id: number; readonly orgId: number },
  ) {
    super(...refusal)
    this.event = event
    this.key = key && { keyId: key.id, orgId: key.orgId }
  }
}
