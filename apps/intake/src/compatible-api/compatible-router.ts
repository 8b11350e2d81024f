import { Router } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import type { AdmitRequest } from '../http/admit-requests.ts'
import { notFound } from '../http/api-error.ts'
import { mountRoute, reading } from '../http/mount-route.ts'
import type { TakeUpload } from '../uploads/take-upload.ts'
import { createImportStatusHandler, IMPORT_STATUS_ROUTE, type ShowJob } from './import-status.ts'
import { createRedeemFileHandler } from './redeem-file.ts'

/** The documented API, for clients that were written for it. It is mounted at two places. */
export function createCompatibleRouter(
  deps: IntakeDependencies,
  admit: AdmitRequest,
  authenticate: Authenticate,
  showJob: ShowJob,
  takeUpload: TakeUpload,
): Router {
  const router = Router()
  mountRoute(router, {
    path: '/getUploadRedeemedCouponStatus/:couponSeriesId',
    name: IMPORT_STATUS_ROUTE,
    admit,
    handlers: reading(createImportStatusHandler(deps, authenticate, showJob)),
  })
  mountRoute(router, {
    path: '/redeemFile/:couponSeriesId',
    name: 'redeemFile',
    admit,
    handlers: new Map([['POST', createRedeemFileHandler(deps, authenticate, takeUpload)]]),
  })
  router.use(() => {
    throw notFound('NOT_FOUND', 'path', 'there is nothing here; expected redeemFile or getUploadRedeemedCouponStatus')
  })
  return router
}
