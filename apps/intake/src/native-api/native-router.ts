import { Router } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import type { SessionCookie } from '../authentication/session-cookie.ts'
import type { FindImport } from '../http/find-import.ts'
import { createApiKeyOperations } from './api-key-operations.ts'
import { createImportOperation } from './create-import.ts'
import { createLeverOperations } from './import-levers.ts'
import { createRedemptionsOperation } from './list-redemptions.ts'
import { mountOperations } from './mount-operation.ts'
import { createReferenceOperations } from './reference-operations.ts'
import { createSessionOperations } from '../session/session-operations.ts'
import { createImportReadingOperations } from './show-imports.ts'

/** The native API but its webhooks: imports, levers, results, redemptions, reference data and keys, as the contract lists them. */
export function createNativeRouter(
  deps: IntakeDependencies,
  authenticate: Authenticate,
  findImport: FindImport,
  cookie: SessionCookie,
): Router {
  const router = Router()
  mountOperations(router, authenticate, [
    ...createImportReadingOperations(deps, findImport),
    createImportOperation(deps),
    ...createLeverOperations(deps, findImport),
    createRedemptionsOperation(deps),
    ...createReferenceOperations(deps),
    ...createSessionOperations(deps, authenticate, cookie),
    ...createApiKeyOperations(deps),
  ])
  return router
}
