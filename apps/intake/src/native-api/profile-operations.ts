import {
  checkColumnReferences,
  OPERATIONS,
  pickProfileOptions,
  type FieldFault,
  type ProfileOptions,
  type ProfileRequest,
} from '@importer/contracts'
import {
  deleteImportProfile,
  findImportProfile,
  listImportProfiles,
  listImportProfileVersions,
  MAX_PROFILES,
  saveImportProfile,
  seriesExists,
  type Database,
  type ProfileRecord,
} from '@importer/db'
import { findUrlFault } from '@importer/webhooks'

import { actorOf } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import { MAX_UPLOAD_HEADERS_CHARACTERS } from '../uploads/accept-form.ts'
import { sendJson, toPage } from './answer.ts'
import { defineOperation } from './mount-operation.ts'

/** `/v1/import-profiles`: saved options of an upload. */
export function createProfileOperations(deps: IntakeDependencies) {
  const list = defineOperation(OPERATIONS.listImportProfiles, async ({ principal, database, query }) => {
    const { limit, cursor } = query
    const found = await listImportProfiles(database, principal.orgId, { afterName: cursor, limit: limit + 1 })
    return toPage(found.map(describeProfile), limit, ({ name }) => name)
  })

  const show = defineOperation(
    OPERATIONS.showImportProfile,
    async ({ principal: { orgId }, database, query, params }) => {
      const found = await findImportProfile(database, { orgId, name: readName(params.name) }, query.version)
      if (found === null) throw profileNotFound()
      return describeProfile(found)
    },
  )

  const versions = defineOperation(
    OPERATIONS.listImportProfileVersions,
    async ({ principal: { orgId }, database, query, params }) => {
      const { limit, cursor: before } = query
      const profile = { orgId, name: readName(params.name) }
      const found = await listImportProfileVersions(database, profile, { before, limit: limit + 1 })
      if (found.length === 0 && before === undefined) throw profileNotFound()
      return toPage(found.map(describeProfile), limit, ({ version }) => version)
    },
  )

  const save = defineOperation(
    OPERATIONS.saveImportProfile,
    async ({ request, response, principal, database, body, params }) => {
      const { orgId } = principal
      const name = readName(params.name)
      // What an answer has besides is not saved.
      const options = pickProfileOptions(body)
      const [first, ...others] = await findFaults(database, deps, orgId, { name, body, options })
      if (first !== undefined) throw new ApiError(400, [first, ...others])
      const saved = await saveImportProfile(database, { orgId, name, options, actor: actorOf(principal) })
      if (saved === null) throw tooManyProfiles()
      await sendJson(request, response, saved.created ? 201 : 200, describeProfile(saved.profile))
    },
  )

  const remove = defineOperation(OPERATIONS.deleteImportProfile, async ({ principal, database, params }) => {
    const profile = { orgId: principal.orgId, name: readName(params.name), actor: actorOf(principal) }
    if (!(await deleteImportProfile(database, profile))) throw profileNotFound()
  })

  return [list, show, versions, save, remove]
}

function readName(text: string): string {
  return text.normalize('NFC')
}

/** What the schema cannot say. */
async function findFaults(
  database: Database,
  { webhookPolicy }: IntakeDependencies,
  orgId: number,
  { name, body, options }: { readonly name: string; readonly body: ProfileRequest; readonly options: ProfileOptions },
): Promise<FieldFault[]> {
  const faults: FieldFault[] = []
  const { customerIdentifier, couponIdentifier, uploadHeaders, callbackUrl, seriesId } = options
  if (body.name !== undefined && readName(body.name) !== name) {
    const message = `name is "${body.name}"; expected the name in the path, or none. A profile is not renamed: save it under the new name, and delete the old one`
    faults.push({ code: 'INVALID_VALUE', field: 'name', message })
  }
  if (uploadHeaders !== undefined) {
    const checked = checkColumnReferences(uploadHeaders, customerIdentifier, couponIdentifier)
    if (!checked.ok) faults.push(...checked.faults)
    if (JSON.stringify(uploadHeaders).length > MAX_UPLOAD_HEADERS_CHARACTERS) {
      const message = `uploadHeaders is too long; expected at most ${MAX_UPLOAD_HEADERS_CHARACTERS} characters of JSON`
      faults.push({ code: 'VALUE_TOO_LONG', field: 'uploadHeaders', message })
    }
  }
  const urlFault = callbackUrl === undefined ? null : findUrlFault(callbackUrl, webhookPolicy)
  if (urlFault !== null) {
    faults.push({ code: 'INVALID_URL', field: 'callbackUrl', message: `callbackUrl: ${urlFault}` })
  }
  if (seriesId !== undefined && !(await seriesExists(database, orgId, BigInt(seriesId)))) {
    const message = `seriesId is ${seriesId}, and there is no such coupon series; expected one of this organization`
    faults.push({ code: 'SERIES_NOT_FOUND', field: 'seriesId', message })
  }
  return faults
}

function describeProfile({ name, version, savedAt, savedBy, options }: ProfileRecord) {
  // JSON in the database keeps no order.
  return { name, version, savedAt: savedAt.toISOString(), savedBy, ...pickProfileOptions(options) }
}

function profileNotFound(): ApiError {
  return notFound('IMPORT_PROFILE_NOT_FOUND', 'name', 'there is no such profile; expected one of this organization')
}

function tooManyProfiles(): ApiError {
  const message = `the organization has ${MAX_PROFILES} profiles; expected fewer, delete one`
  return new ApiError(409, [{ code: 'TOO_MANY_IMPORT_PROFILES', field: 'request', message }])
}
