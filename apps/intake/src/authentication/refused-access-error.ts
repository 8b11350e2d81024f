import type { FieldFault } from '@importer/contracts'

import { ApiError, type ErrorHeaders } from '../http/api-error.ts'

/** What was refused: the log of security events names it. */
export type RefusedAccess = 'key refused' | 'session refused' | 'role refused' | 'cross-origin request refused'

/** Somebody sent a key or a session's cookie and is not let in: an event for the log. */
export class RefusedAccessError extends ApiError {
  readonly event: RefusedAccess
  /** Of a key that works and may not do this. */
  readonly key: { readonly keyId: number; readonly orgId: number } | undefined

  constructor(
    event: RefusedAccess,
    status: 401 | 403,
    fault: FieldFault,
    options: { readonly headers?: ErrorHeaders; readonly key?: { readonly id: number; readonly orgId: number } } = {},
  ) {
    super(status, [fault], options.headers)
    this.event = event
    this.key = options.key && { keyId: options.key.id, orgId: options.key.orgId }
  }
}
