import { randomUUID } from 'node:crypto'

import type { Actor, ColumnMapping, ColumnReferences, UploadOptions, UsedProfile } from '@importer/contracts'
import { createImport, SameFileError, type ImportRecord, type JsonObject, type NewImport } from '@importer/db'
import {
  cellRulesOf,
  firstRowOf,
  inspectUpload,
  looksLikeWorkbook,
  openUploadedWorkbook,
  readAsSentReport,
  UnpackError,
  unpackUpload,
} from '@importer/imports'
import { FileTooLargeError, type StoredFile } from '@importer/file-store'
import { runInSpan, type Span } from '@importer/runtime'

import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError, payloadTooLarge } from '../http/api-error.ts'
import { makeDisplayName } from '../http/display-name.ts'
import type { ReceivedFile } from '../http/receive-upload.ts'

/** An upload whose every part is as it should be, as far as can be said without looking into the file. */
export interface AcceptedUpload {
  readonly file: ReceivedFile
  readonly identifiers: Pick<ColumnMapping, 'customerIdentifier' | 'couponIdentifier'>
  readonly columns: ColumnReferences
  readonly details: string | null
  readonly options: Omit<UploadOptions, 'metadata'>
  readonly metadata: JsonObject | null
  readonly profile: AppliedProfile | null
}

/** A profile that completes an upload. */
export interface AppliedProfile extends UsedProfile {
  /** Whether the columns are the profile's, not the upload's own. */
  readonly givesColumns: boolean
}

/** Where an upload came in, and what its answer is to say. */
export interface UploadOrigin {
  readonly orgId: number
  readonly seriesId: bigint
  readonly receivedAt: Date
  readonly baseUrl: string
  readonly idempotency: NewImport['idempotency']
  readonly actor: Actor
  /** Of the upload: what follows belongs to its trace. */
  readonly span: Span
}

/** Does work that holds a workbook in memory, once there is a slot for it; its signal is aborted when nobody waits for it. */
export type LimitWorkbooks = <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>

/**
 * The stored upload becomes an import, unpacked and looked into as far as its options want it. `files` is given every file
 * that is stored on the way. Throws 400, what {@link createImport} throws, and what `limitWorkbooks` does.
 */
export async function createUploadImport(
  deps: IntakeDependencies,
  { orgId, seriesId, receivedAt, baseUrl, idempotency, actor, span }: UploadOrigin,
  upload: AcceptedUpload,
  files: string[],
  limitWorkbooks: LimitWorkbooks,
): Promise<ImportRecord> {
  const { file, details, metadata, profile } = upload
  const { options, ...text } = await ((await looksLikeWorkbook(deps.store, file.key))
    ? limitWorkbooks(async (signal) => makeTextOfWorkbook(deps, upload, files, signal))
    : makeText(deps, upload, files))
  const newImport: NewImport = {
    orgId,
    seriesId,
    fileName: makeDisplayName(file.originalName, receivedAt, seriesId),
    ...text,
    encoding: options.encoding,
    details,
    metadata,
    dryRun: options.dryRun,
    profile: profile ?? undefined,
    maxErrors: options.maxErrors,
    maxErrorRatio: options.maxErrorRatio,
    rejectSameFile: options.onSameFile === 'reject',
    maxQueued: deps.maxQueuedImportsPerOrg,
    maxStoredBytes: deps.maxStoredBytesPerOrg,
    callbackUrl: options.callbackUrl,
    baseUrl,
    idempotency,
    actor,
    traceparent: span.traceparent,
  }
  return runInSpan(span.startChild('commit'), async () =>
    createImport(deps.databases.forOrganization(orgId), newImport),
  )
}

/** The text that the import reads, and how: by the options of the upload, or by those of a report that is sent again. */
interface ImportText extends Pick<
  NewImport,
  'fileKey' | 'bytes' | 'sha256' | 'checksums' | 'upload' | 'mapping' | 'dialect' | 'toPrepare'
> {
  readonly options: AcceptedUpload['options']
}

async function makeText(
  { store, uploadMaxBytes }: IntakeDependencies,
  { file, identifiers, columns, profile, ...upload }: AcceptedUpload,
  files: string[],
): Promise<ImportText> {
  const options = await readAsSentReport({ store, fileKey: file.key }, upload.options)
  const { encoding } = options
  const unpacked = await unpackUpload({ store, fileKey: file.key, encoding, maxBytes: uploadMaxBytes })
  if (unpacked !== null) files.push(unpacked.key)
  const text: StoredFile = unpacked ?? file
  const inspected = await inspectUpload({
    store,
    fileKey: text.key,
    identifiers,
    columns,
    ...readingOf(options, profile),
  })
  if (!inspected.ok) throw new ApiError(400, inspected.faults)
  return {
    options,
    fileKey: text.key,
    bytes: text.bytes,
    sha256: text.sha256,
    checksums: text.checksums,
    upload: unpacked === null ? undefined : { ...file, fileKey: file.key },
    mapping: { ...identifiers, positions: inspected.positions, ...cellRulesOf(options) },
    dialect: inspected.dialect,
  }
}

/** The text of a small workbook is made at once, that of another by a worker: the answer does not wait for it. */
async function makeTextOfWorkbook(
  { store, uploadMaxBytes }: IntakeDependencies,
  { file, identifiers, columns, profile, ...given }: AcceptedUpload,
  files: string[],
  signal: AbortSignal,
): Promise<ImportText> {
  const workbook = await openUploadedWorkbook(store, file.key)
  const sent = { ...cellRulesOf(given.options), skipLines: 0 }
  const whole = { store: workbook.openHead(sent, signal), fileKey: file.key, isWorkbook: true }
  const options = workbook.fault === null ? await readAsSentReport(whole, given.options) : given.options
  const rules = cellRulesOf(options)
  const upload = { store: workbook.openHead(rules, signal), fileKey: file.key, identifiers, columns, isWorkbook: true }
  const reading = readingOf(options, profile)
  // What cannot be read fails as an import, as every such file does, unless its header is asked for.
  const inspected = await inspectUpload({
    ...upload,
    ...reading,
    ...(workbook.fault !== null && { hasHeader: 'auto' as const }),
  })
  if (!inspected.ok) throw new ApiError(400, inspected.faults)
  const mapping: ColumnMapping = { ...identifiers, positions: inspected.positions, ...rules, isWorkbook: true }
  const firstRow = firstRowOf(options.skipLines, inspected.dialect?.start.line)
  const common = {
    options,
    sha256: file.sha256,
    upload: { ...file, fileKey: file.key },
    mapping,
    // Before the header there are empty lines alone.
    dialect: inspected.dialect && {
      ...inspected.dialect,
      start: { byteOffset: inspected.dialect.start.line - 1, line: inspected.dialect.start.line },
    },
  }
  if (!workbook.isSmall) return { ...common, fileKey: `unprepared/${randomUUID()}`, bytes: 0, toPrepare: true }
  const text = await workbook.store({ mapping, firstRow, maxBytes: uploadMaxBytes, signal })
  files.push(text.key)
  return { ...common, fileKey: text.key, bytes: text.bytes, checksums: text.checksums }
}

function readingOf({ delimiter, hasHeader, skipLines }: AcceptedUpload['options'], profile: AppliedProfile | null) {
  return {
    delimiter,
    hasHeader: hasHeader === 'auto' ? ('auto' as const) : hasHeader === 'true',
    skipLines,
    profile: profile?.givesColumns === true ? profile : null,
  }
}

/** What was found wrong with a file on the way, as the client learns of it. */
export function explainRefusal(error: unknown): unknown {
  if (error instanceof FileTooLargeError) return payloadTooLarge(error.maxBytes)
  if (error instanceof UnpackError) {
    return new ApiError(400, [{ code: error.code, field: 'file', message: error.message }])
  }
  if (error instanceof SameFileError) {
    const message = `the series was given this file before, by import ${error.importId}; expected another file`
    return new ApiError(409, [{ code: 'SAME_FILE', field: 'file', message }], {}, { importId: error.importId })
  }
  return error
}
