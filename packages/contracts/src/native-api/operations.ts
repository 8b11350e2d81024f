import { EXPLAIN_OPERATIONS } from './explain-operations.ts'
import { ACTION_OPERATIONS, IMPORT_OPERATIONS } from './import-operations.ts'
import { KEY_OPERATIONS } from './key-operations.ts'
import type { Operation } from './operation.ts'
import { PROFILE_OPERATIONS } from './profile-operations.ts'
import { REFERENCE_OPERATIONS } from './reference-operations.ts'
import { RESULT_OPERATIONS } from './result-operations.ts'
import { SESSION_OPERATIONS } from './session-operations.ts'
import { WEBHOOK_OPERATIONS } from './webhook-operations.ts'

/** Everything that the native API can do: what is mounted, documented and walked through by a test. */
export const OPERATIONS = {
  ...IMPORT_OPERATIONS,
  ...RESULT_OPERATIONS,
  ...ACTION_OPERATIONS,
  ...REFERENCE_OPERATIONS,
  ...PROFILE_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...KEY_OPERATIONS,
  ...EXPLAIN_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
} as const satisfies Record<string, Operation>
