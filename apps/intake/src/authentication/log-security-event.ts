import type { ServerResponse } from 'node:http'

import type { Log } from '../dependencies.ts'
import { describeRequest } from '../http/track-requests.ts'
import type { RefusedAccess } from './refused-access-error.ts'

type SecurityEvent =
  | RefusedAccess
  | 'session created'
  | 'session ended'
  | 'key created'
  | 'key revoked'
  | 'webhook secret rotated'

/**
 * One line for those who watch over access, with the id of the key that acted where there is one; never a key itself.
 * What was refused is a warning, what was done is none.
 */
export function logSecurityEvent(
  log: Log,
  response: ServerResponse,
  event: SecurityEvent,
  more: Readonly<Record<string, number | string | null>> = {},
): void {
  const entry = { event, ...describeRequest(response), ...more }
  if (event.endsWith('refused')) log.warn(entry, `security: ${event}`)
  else log.info(entry, `security: ${event}`)
}
