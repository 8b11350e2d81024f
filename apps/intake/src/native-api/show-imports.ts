import { OPERATIONS } from '@importer/contracts'
import { listRowErrors } from '@importer/imports'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { readBaseUrl } from '../http/base-url.ts'
import type { FindImport } from '../http/find-import.ts'
import { findOwnedImport, findOwnedSeries } from '../http/find-owned.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { defineOperation } from './mount-operation.ts'
import {
  explainMissingFile,
  REPORTS,
  sendErrorWorkbook,
  sendReport,
  sendUpload,
  type ReportName,
} from './send-reports.ts'
import { readImportPage } from './read-import-page.ts'
import type { ShowImport } from './show-import.ts'
import { watchImport } from './watch-import.ts'

const DOWNLOADS = {
  'errors.csv': OPERATIONS.downloadErrors,
  'inserted.csv': OPERATIONS.downloadInserted,
  'duplicates.csv': OPERATIONS.downloadDuplicates,
  'unprocessed.csv': OPERATIONS.downloadUnprocessed,
} as const

/** Each holds some MiB of a file, and works for some ms between two looks at what else waits. */
const REPORTS_AT_ONCE = { maxInFlight: 4, maxInFlightPerOrg: 2, maxWaiting: 100, maxWaitingPerOrg: 50 }

/** Each holds a few MiB of what the database gave, and the event loop for tens of milliseconds: two in a row would hold it twice as long. */
const LISTS_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, maxWaiting: 200, maxWaitingPerOrg: 100 }

/** What can be read of imports: one, a list, its events and its results. */
export function createImportReadingOperations(
  deps: IntakeDependencies,
  authenticate: Authenticate,
  findImport: FindImport,
  showImport: ShowImport,
) {
  const limitReports = createWorkLimit(REPORTS_AT_ONCE)
  const limitLists = createWorkLimit(LISTS_AT_ONCE)

  const show = defineOperation(OPERATIONS.showImport, async ({ request, response, principal, params }) => {
    await showImport(request, response, principal.orgId, params.importId)
  })

  const list = defineOperation(OPERATIONS.listImports, async ({ request, response, principal, database, query }) => {
    const { seriesId, status, outcome, q, profile, createdFrom, createdBefore, cursor, limit } = query
    const filter = {
      seriesId: seriesId === undefined ? undefined : await findOwnedSeries(database, principal.orgId, String(seriesId)),
      status,
      outcome,
      q,
      profile,
      createdFrom: createdFrom === undefined ? undefined : new Date(createdFrom),
      createdBefore: createdBefore === undefined ? undefined : new Date(createdBefore),
      beforeId: cursor,
    }
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    return limitLists(principal.orgId, response, async () =>
      readImportPage(database, principal.orgId, { ...filter, limit }, baseUrl),
    )
  })

  const watch = defineOperation(OPERATIONS.watchImport, async ({ request, response, principal, params }) => {
    const look = () => findOwnedImport(findImport, principal.orgId, params.importId)
    const isAllowed = async () => (await authenticate.identify(request.headers)) !== null
    const { publicUrl, stopping } = deps
    await watchImport({ request, response, look, isAllowed, publicUrl, stopping })
  })

  const errors = defineOperation(OPERATIONS.listRowErrors, async ({ response, principal, database, query, params }) => {
    const { store } = deps
    const importRecord = await findOwnedImport(findImport, principal.orgId, params.importId)
    const { code, column, value, fromRow = 1, cursor = 0, limit } = query
    const page = { afterRow: Math.max(cursor, fromRow - 1), limit, filter: { code, column, value } }
    const { items, nextAfterRow } = await limitReports(principal.orgId, response, async (signal) =>
      listRowErrors({ database, store, importRecord, signal }, page).catch(explainMissingFile),
    )
    const nextCursor = nextAfterRow === null ? null : String(nextAfterRow)
    return { items, nextCursor }
  })

  const downloads = (Object.keys(REPORTS) as ReportName[]).map((name) =>
    defineOperation(DOWNLOADS[name], async ({ request, response, principal, query, params }) => {
      const record = await findOwnedImport(findImport, principal.orgId, params.importId)
      const format = { form: query.raw === 'true' ? 'raw' : query.for, delimiter: query.delimiter } as const
      await limitReports(principal.orgId, response, async (signal) =>
        sendReport(deps, request, response, record, name, format, signal),
      )
    }),
  )

  const workbook = defineOperation(
    OPERATIONS.downloadErrorWorkbook,
    async ({ request, response, principal, params }) => {
      const record = await findOwnedImport(findImport, principal.orgId, params.importId)
      await limitReports(principal.orgId, response, async (signal) =>
        sendErrorWorkbook(deps, request, response, record, signal),
      )
    },
  )

  const file = defineOperation(OPERATIONS.downloadFile, async ({ request, response, principal, params }) => {
    await sendUpload(deps, request, response, await findOwnedImport(findImport, principal.orgId, params.importId))
  })

  return [show, watch, list, errors, ...downloads, workbook, file]
}
