import { Router } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { answerErrors } from '../http/answer-errors.ts'
import { methodNotAllowed, notFound } from '../http/api-error.ts'
import type { FindImport } from '../http/find-import.ts'
import { nameRoute } from '../http/track-requests.ts'
import type { TakeUpload } from '../uploads/take-upload.ts'
import { renderErrors } from './envelope.ts'
import { createImportStatusHandler } from './import-status.ts'
import { createRedeemFileHandler } from './redeem-file.ts'

/** The documented API, for clients that were written for it. It is mounted at two places. */
export function createCompatibleRouter(
  deps: IntakeDependencies,
  authenticate: Authenticate,
  findImport: FindImport,
  takeUpload: TakeUpload,
): Router {
  const router = Router()
  router
    .route('/redeemFile/:couponSeriesId')
    .all(nameRoute('redeemFile'))
    .post(createRedeemFileHandler(deps, authenticate, takeUpload))
    .all((request) => {
      throw methodNotAllowed(request.method, ['POST'])
    })
  router
    .route('/getUploadRedeemedCouponStatus/:couponSeriesId')
    .all(nameRoute('getUploadRedeemedCouponStatus'))
    .get(createImportStatusHandler(deps, authenticate, findImport))
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })
  router.use(() => {
    throw notFound('NOT_FOUND', 'path', 'there is nothing here; expected redeemFile or getUploadRedeemedCouponStatus')
  })
  router.use(answerErrors(deps.log, renderErrors))
  return router
}
