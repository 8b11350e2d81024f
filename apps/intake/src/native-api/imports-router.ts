import type { ImportRecord } from '@importer/db'
import { Router, type Request, type Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { methodNotAllowed, notFound } from '../http/api-error.ts'
import type { FindImport } from '../http/find-import.ts'
import { readInt4 } from '../http/read-id.ts'
import { nameRoute } from '../http/track-requests.ts'
import { REPORTS, sendReport, sendUpload, type ReportName } from './send-reports.ts'
import { createShowImport } from './show-import.ts'

type ImportRequest = Request<{ importId: string }>
type SendImport = (request: ImportRequest, response: Response, record: ImportRecord) => Promise<void>

/** `/v1/imports/{id}` and what can be downloaded of an import. */
export function createImportsRouter(
  deps: IntakeDependencies,
  authenticate: Authenticate,
  findImport: FindImport,
): Router {
  const router = Router()

  function serve(path: string, send: SendImport): void {
    router
      .route(`/:importId${path}`)
      .all(nameRoute(`/v1/imports/{id}${path}`))
      .get(async (request: ImportRequest, response) => {
        const { orgId } = await authenticate(request.headers, 'read')
        const importId = readInt4(request.params.importId)
        const record = importId === null ? null : await findImport(orgId, importId)
        if (record === null) {
          throw notFound('IMPORT_NOT_FOUND', 'importId', 'there is no such import; expected one of this organization')
        }
        await send(request, response, record)
      })
      .all((request) => {
        throw methodNotAllowed(request.method, ['GET', 'HEAD'])
      })
  }

  serve('', createShowImport(deps))
  for (const name of Object.keys(REPORTS) as ReportName[]) {
    serve(`/${name}`, (request, response, record) => sendReport(deps, request, response, record, name))
  }
  serve('/file', (request, response, record) => sendUpload(deps, request, response, record))
  return router
}
