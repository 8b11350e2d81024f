import { MAX_INT4, OPERATIONS } from '@importer/contracts'
import { listAuditEvents, listSeries, listTimeline, type Database, type ImportRecord } from '@importer/db'
import { explainRow, groupErrorsByCode, groupErrorsByValue } from '@importer/imports'
import type { Response } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { notFound } from '../http/api-error.ts'
import type { FindImport } from '../http/find-import.ts'
import { findOwnedImport } from '../http/find-owned.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { toPage } from './answer.ts'
import { defineOperation } from './mount-operation.ts'
import { explainMissingFile } from './send-reports.ts'

/** Each reads a part of a file, and of groups by value all that was rejected. */
const READING_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, maxWaiting: 100, maxWaitingPerOrg: 50 }

/** What a person asks who has to put something right: rows explained, groups of errors, what happened. */
export function createExplainOperations({ store }: IntakeDependencies, findImport: FindImport) {
  const limitReading = createWorkLimit(READING_AT_ONCE)

  async function readRow(
    response: Response,
    database: Database,
    importRecord: ImportRecord,
    place: { readonly rowNumber: number } | { readonly line: number },
  ): Promise<object> {
    const row = await limitReading(importRecord.orgId, response, async (signal) =>
      explainRow({ database, store, importRecord, signal }, place).catch(explainMissingFile),
    )
    if (row === null) {
      throw 'line' in place
        ? notFound('ROW_NOT_FOUND', 'line', describeLineWithoutRow(place.line))
        : notFound('ROW_NOT_FOUND', 'rowNumber', 'the file of this import has no such row; expected a row of its file')
    }
    return row
  }

  const row = defineOperation(OPERATIONS.explainRow, async ({ response, principal, database, params }) => {
    const record = await findOwnedImport(findImport, principal.orgId, params.importId)
    const rowNumber = Math.min(Number(params.rowNumber), MAX_INT4)
    return readRow(response, database, record, { rowNumber })
  })

  const line = defineOperation(OPERATIONS.explainLine, async ({ response, principal, database, query, params }) => {
    const record = await findOwnedImport(findImport, principal.orgId, params.importId)
    return readRow(response, database, record, { line: query.line })
  })

  const groups = defineOperation(
    OPERATIONS.listErrorGroups,
    async ({ response, principal, database, query, params }) => {
      const importRecord = await findOwnedImport(findImport, principal.orgId, params.importId)
      const source = { database, store, importRecord }
      const found =
        query.by === 'code'
          ? groupErrorsByCode(source)
          : limitReading(principal.orgId, response, async (signal) => groupErrorsByValue({ ...source, signal }))
      return found.catch(explainMissingFile)
    },
  )

  const timeline = defineOperation(OPERATIONS.listTimeline, async ({ principal, database, query, params }) => {
    const { id } = await findOwnedImport(findImport, principal.orgId, params.importId)
    const page = { kind: query.kind, afterId: query.cursor, limit: query.limit + 1 }
    return toEventPage(await listTimeline(database, id, page), query.limit)
  })

  const audit = defineOperation(OPERATIONS.listAuditEvents, async ({ principal, database, query }) => {
    const page = { afterId: query.cursor, limit: query.limit + 1 }
    const found = await listAuditEvents(database, principal.orgId, page)
    return toEventPage(found, query.limit)
  })

  const series = defineOperation(OPERATIONS.listSeries, async ({ principal, database, query }) => {
    const { q, cursor, limit } = query
    const found = await listSeries(database, principal.orgId, { q, afterId: cursor, limit: limit + 1 })
    return toPage(found, limit, ({ id }) => id)
  })

  return [row, line, groups, timeline, audit, series]
}

function describeLineWithoutRow(line: number): string {
  return `line ${line} of the file belongs to no row: it is blank, part of a header or title, or behind the end; expected a line of a row`
}

/** The id that pages are made by is nobody's business but the cursor's. */
function toEventPage(found: readonly { readonly id: number }[], limit: number): object {
  const { items, nextCursor } = toPage(found, limit, ({ id }) => id)
  return { items: items.map(({ id: _id, ...event }) => event), nextCursor }
}
