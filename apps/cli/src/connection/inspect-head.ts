import { openAsBlob } from 'node:fs'

import type { ImporterClient } from '@importer/client'

import { CliError } from '../framework/cli-error.ts'
import type { Session } from '../framework/session.ts'
import type { Source } from './open-source.ts'

export type Inspection = Awaited<ReturnType<ImporterClient['inspectFile']>>

export interface InspectRequest {
  readonly source: Source
  readonly fields: Readonly<Record<string, string>>
  readonly seriesId: string | undefined
}

/** Of text more is not needed. */
const HEAD_BYTES = 1_048_576
/** With which every zip begins, a workbook too: its table of contents is at its end. */
const ZIP = 'PK'

/** How the importer would read a file: by its beginning, or by all of a workbook. */
export async function inspectHead(session: Session, { source, fields, seriesId }: InspectRequest): Promise<Inspection> {
  const file = await openAsBlob(source.path)
  const isZip = (await file.slice(0, ZIP.length).text()) === ZIP
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  if (seriesId !== undefined) form.set('seriesId', seriesId)
  form.set('file', isZip ? file : file.slice(0, HEAD_BYTES), source.name)
  return (await session.api()).inspectFile({ body: form })
}

/**
 * The fields of an upload whose columns are found by the names in the file's header, and named so: a file whose columns
 * have moved is read right. Throws a CliError where that is not sure.
 */
export async function mapByHeader(session: Session, request: InspectRequest): Promise<Record<string, string>> {
  const { headerRow, uploadHeaders, customerIdentifier, couponIdentifier, columns, problems } = await inspectHead(
    session,
    request,
  )
  if (headerRow !== true || uploadHeaders === null || customerIdentifier === null || couponIdentifier === null) {
    const why = headerRow === true ? problems.map(({ message }) => message).join('; ') : 'it has no header'
    throw new CliError(
      `the columns of ${request.source.name} are not clear (${why}); expected --customer, --coupon and --column: ${session.nameCommand(`inspect ${request.source.name}`)}`,
    )
  }
  const named = Object.entries(uploadHeaders).map(([key, position]): [string, string | number] => {
    const name = columns.find((column) => column.position === position)?.name ?? ''
    return [key, name === '' ? position : name]
  })
  session.notify(`Columns by header: ${named.map(([key, name]) => `${key}=${name}`).join(', ')}`)
  return {
    ...request.fields,
    customerIdentifier,
    couponIdentifier,
    uploadHeaders: JSON.stringify(Object.fromEntries(named)),
  }
}
