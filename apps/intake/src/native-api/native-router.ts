import type { Router } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import type { SessionCookie } from '../authentication/session-cookie.ts'
import type { AdmitRequest } from '../http/admit-requests.ts'
import type { FindImport } from '../http/find-import.ts'
import { createApiKeyOperations } from './api-key-operations.ts'
import { createImportOperation } from './create-import.ts'
import { createInspectOperation } from './inspect-file.ts'
import { createExplainOperations } from './explain-operations.ts'
import { createActionOperations } from './import-actions.ts'
import { createRedemptionsOperation } from './list-redemptions.ts'
import { mountOperations } from './mount-operation.ts'
import { createProfileOperations } from './profile-operations.ts'
import type { TakeUpload } from '../uploads/take-upload.ts'
import { createReferenceOperations } from './reference-operations.ts'
import { createSessionOperations } from '../session/session-operations.ts'
import type { ShowImport } from './show-import.ts'
import { createImportReadingOperations } from './show-imports.ts'
import { createDeliveryOperations } from './webhooks/delivery-operations.ts'
import { createEndpointOperations, createSecretOperations } from './webhooks/endpoint-operations.ts'

/** Mounts the native API, as the contract lists it. */
export function mountNativeApi(
  router: Router,
  deps: IntakeDependencies,
  admit: AdmitRequest,
  authenticate: Authenticate,
  findImport: FindImport,
  showImport: ShowImport,
  cookie: SessionCookie,
  takeUpload: TakeUpload,
): void {
  mountOperations(router, { admit, authenticate, databases: deps.databases }, [
    ...createImportReadingOperations(deps, authenticate, findImport, showImport),
    createImportOperation(deps, takeUpload),
    createInspectOperation(deps),
    ...createExplainOperations(deps, findImport),
    ...createActionOperations(deps, findImport),
    createRedemptionsOperation(),
    ...createProfileOperations(deps),
    ...createReferenceOperations(deps),
    ...createSessionOperations(deps, authenticate, cookie),
    ...createApiKeyOperations(deps),
    ...createEndpointOperations(deps),
    ...createSecretOperations(deps),
    ...createDeliveryOperations(),
  ])
}
