import { OPERATIONS } from '@importer/contracts'
import { listAuditEvents, listSeries, listTimeline, type Database, type ImportRecord } from '@importer/db'
import { explainRow, groupErrorsByCode, groupErrorsByValue } from '@importer/imports'
import type { Request, Response } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { notFound } from '../http/api-error.ts'
import type { FindImport } from '../http/find-import.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { findOwnedImport } from './find-owned.ts'
import { defineOperation } from './mount-operation.ts'
import { sendJson } from './send-json.ts'
import { explainMissingFile } from './send-reports.ts'

const MAX_INT4 = 2_147_483_647

/** Each reads a part of a file, and of groups by value all that was rejected. */
const READING_AT_ONCE = {
  maxInFlight: 2,
  maxInFlightPerOrg: 1,
  maxWaiting: 100,
  maxWaitingPerOrg: 50,
  waitTimeoutMs: 20_000,
}

/** What a person asks who has to put something right: rows explained, groups of errors, what happened. */
export function createExplainOperations({ store }: IntakeDependencies, findImport: FindImport) {
  const limitReading = createWorkLimit(READING_AT_ONCE)

  async function sendRow(
    request: Request,
    response: Response,
    database: Database,
    importRecord: ImportRecord,
    place: { readonly rowNumber: number } | { readonly line: number },
  ): Promise<void> {
    const row = await limitReading(importRecord.orgId, response, async (signal) =>
      explainRow({ database, store, importRecord, signal }, place).catch(explainMissingFile),
    )
    if (row === null) {
      const field = 'line' in place ? 'line' : 'rowNumber'
      throw notFound('ROW_NOT_FOUND', field, `the file of this import has no such row; expected a row of its file`)
    }
    await sendJson(request, response, 200, row)
  }

  const row = defineOperation(OPERATIONS.explainRow, async ({ request, response, principal, database, param }) => {
    const record = await findOwnedImport(findImport, principal.orgId, param('importId'))
    const rowNumber = Math.min(Number(param('rowNumber')), MAX_INT4)
    await sendRow(request, response, database, record, { rowNumber })
  })

  const line = defineOperation(
    OPERATIONS.explainLine,
    async ({ request, response, principal, database, query, param }) => {
      const record = await findOwnedImport(findImport, principal.orgId, param('importId'))
      await sendRow(request, response, database, record, { line: query.line })
    },
  )

  const groups = defineOperation(
    OPERATIONS.listErrorGroups,
    async ({ request, response, principal, database, query, param }) => {
      const importRecord = await findOwnedImport(findImport, principal.orgId, param('importId'))
      const source = { database, store, importRecord }
      const found =
        query.by === 'code'
          ? groupErrorsByCode(source)
          : limitReading(principal.orgId, response, async (signal) => groupErrorsByValue({ ...source, signal }))
      await sendJson(request, response, 200, await found.catch(explainMissingFile))
    },
  )

  const timeline = defineOperation(
    OPERATIONS.listTimeline,
    async ({ request, response, principal, database, query, param }) => {
      const { id } = await findOwnedImport(findImport, principal.orgId, param('importId'))
      const page = { afterId: query.cursor, limit: query.limit + 1 }
      await sendJson(request, response, 200, toEventPage(await listTimeline(database, id, page), query.limit))
    },
  )

  const audit = defineOperation(
    OPERATIONS.listAuditEvents,
    async ({ request, response, principal, database, query }) => {
      const page = { afterId: query.cursor, limit: query.limit + 1 }
      const found = await listAuditEvents(database, principal.orgId, page)
      await sendJson(request, response, 200, toEventPage(found, query.limit))
    },
  )

  const series = defineOperation(OPERATIONS.listSeries, async ({ request, response, principal, database, query }) => {
    const { q, cursor, limit } = query
    const found = await listSeries(database, principal.orgId, { q, afterId: cursor, limit: limit + 1 })
    const items = found.slice(0, limit)
    const nextCursor = found.length > limit ? String(items.at(-1)?.id) : null
    await sendJson(request, response, 200, { items, nextCursor })
  })

  return [row, line, groups, timeline, audit, series]
}

/** The id that pages are made by is nobody's business but the cursor's. */
function toEventPage(found: readonly { readonly id: number }[], limit: number): object {
  const page = found.slice(0, limit)
  const items = page.map(({ id: _id, ...event }) => event)
  return { items, nextCursor: found.length > limit ? String(page.at(-1)?.id) : null }
}
