import type { Actor, ColumnMapping, ColumnReferences, UploadOptions, UsedProfile } from '@importer/contracts'
import { createImport, SameFileError, type ImportRecord, type JsonObject, type NewImport } from '@importer/db'
import { inspectUpload, UnpackError, unpackUpload } from '@importer/imports'
import { FileTooLargeError, type StoredFile } from '@importer/runtime'

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
}

/**
 * The stored upload becomes an import, unpacked and looked into as far as its options want it. `files` is given every file
 * that is stored on the way. Throws 400 and what {@link createImport} throws.
 */
export async function createUploadImport(
  { store, database, uploadMaxBytes, maxQueuedImportsPerOrg }: IntakeDependencies,
  { orgId, seriesId, receivedAt, baseUrl, idempotency, actor }: UploadOrigin,
  { file, identifiers, columns, details, options, metadata, profile }: AcceptedUpload,
  files: string[],
): Promise<ImportRecord> {
  const { encoding, delimiter, hasHeader, skipLines } = options
  const unpacked = await unpackUpload({ store, fileKey: file.key, encoding, maxBytes: uploadMaxBytes })
  if (unpacked !== null) files.push(unpacked.key)
  const text: StoredFile = unpacked ?? file
  const inspected = await inspectUpload({
    store,
    fileKey: text.key,
    identifiers,
    columns,
    delimiter,
    hasHeader: hasHeader === 'auto' ? 'auto' : hasHeader === 'true',
    skipLines,
    profile: profile?.givesColumns === true ? profile : null,
  })
  if (!inspected.ok) throw new ApiError(400, inspected.faults)
  return createImport(database, {
    orgId,
    seriesId,
    fileKey: text.key,
    fileName: makeDisplayName(file.originalName, receivedAt, seriesId),
    bytes: text.bytes,
    sha256: text.sha256,
    checksums: text.checksums,
    upload: unpacked === null ? undefined : { ...file, fileKey: file.key },
    encoding,
    mapping: { ...identifiers, positions: inspected.positions, ...cellRulesOf(options) },
    dialect: inspected.dialect,
    details,
    metadata,
    dryRun: options.dryRun,
    profile: profile ?? undefined,
    maxErrors: options.maxErrors,
    maxErrorRatio: options.maxErrorRatio,
    rejectSameFile: options.onSameFile === 'reject',
    maxQueued: maxQueuedImportsPerOrg,
    callbackUrl: options.callbackUrl,
    baseUrl,
    idempotency,
    actor,
  })
}

/** Only what is not as documented: an upload without options is kept as it always was. */
function cellRulesOf({ dateFormat, timeZone, defaultCountry, skipLines }: AcceptedUpload['options']) {
  return {
    ...(dateFormat === 'epochMillis' ? {} : { dateFormat }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(defaultCountry === undefined ? {} : { defaultCountry }),
    ...(skipLines === 0 ? {} : { skipLines }),
  }
}

/** What was found wrong with a file on the way, as the client learns of it. */
export function explainRefusal(error: unknown, maxBytes: number): unknown {
  if (error instanceof FileTooLargeError) return payloadTooLarge(maxBytes)
  if (error instanceof UnpackError) {
    return new ApiError(400, [{ code: error.code, field: 'file', message: error.message }])
  }
  if (error instanceof SameFileError) {
    const message = `the series was given this file before, by import ${error.importId}; expected another file`
    return new ApiError(409, [{ code: 'SAME_FILE', field: 'file', message }], {}, { importId: error.importId })
  }
  return error
}
