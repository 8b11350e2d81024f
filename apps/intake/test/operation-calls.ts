import {
  COMPATIBLE_OPERATIONS,
  OPERATIONS,
  SERVICE_OPERATIONS,
  type Operation,
  type OpenOperation,
} from '@importer/contracts'

import { uploadNative } from './native-upload.ts'
import { ORG, SERIES, type TestIntake } from './start-intake.ts'
import { fieldParts, filePart, makeForm } from './upload.ts'
import { line, work } from './work.ts'

/** How the documented operations are called: for tests that walk all of them. */

export interface Call {
  readonly params?: Record<string, string | number>
  readonly query?: string
  readonly body?: string | FormData
  readonly headers?: Record<string, string>
}

/** Everything that the document describes, by operation id. */
export const DOCUMENTED: Readonly<Record<string, OpenOperation>> = {
  ...OPERATIONS,
  ...COMPATIBLE_OPERATIONS,
  ...SERVICE_OPERATIONS,
}

export function operationOf(name: string): Operation {
  const operation = (OPERATIONS as Readonly<Record<string, Operation>>)[name]
  if (operation === undefined) throw new Error(`${name} is not documented`)
  return operation
}

/** `key`: by default an admin's; null: none. */
export async function sendCall(
  target: TestIntake,
  name: string,
  call: Call,
  key: string | null = target.keys.admin,
): Promise<Response> {
  const operation = operationOf(name)
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_text, param: string) => String(call.params?.[param] ?? 0))
  return fetch(`${target.url}${path}${call.query === undefined ? '' : `?${call.query}`}`, {
    method: operation.method.toUpperCase(),
    headers: { ...(key === null ? {} : { Authorization: `Bearer ${key}` }), ...call.headers },
    ...(call.body === undefined ? {} : { body: call.body }),
  })
}

export const json = (value: object): Call => ({
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
})

const UPLOAD_FIELDS = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}',
}
const PROFILE = { uploadHeaders: { redeemedDateInMillis: 'date', redeemedAt: ['till', 'shop'] }, skipLines: 2 }
const HOOK = { url: 'https://example.com/hook' }

/** Calls of an intake with the reference data of `seedReference`, each with all that must be there for it. */
export function createCalls(target: () => TestIntake) {
  let completed: Promise<number> | undefined
  let nextCoupon = 1
  const makeFile = (): string => line(`CODE${nextCoupon++}`) + line('NOSUCH')

  async function makeCompleted(): Promise<number> {
    const id = await uploadNative(target(), makeFile())
    await work(target(), id)
    return id
  }

  const upload = (fields: Record<string, string> = {}): FormData =>
    makeForm([...fieldParts({ ...UPLOAD_FIELDS, ...fields }), filePart(makeFile())])
  async function makeEndpoint(): Promise<number> {
    const response = await sendCall(target(), 'createWebhookEndpoint', json(HOOK))
    return ((await response.json()) as { id: number }).id
  }
  async function makeDelivery(): Promise<number> {
    const response = await sendCall(target(), 'testWebhookEndpoint', { params: { endpointId: await makeEndpoint() } })
    return ((await response.json()) as { id: number }).id
  }

  /** Of an import with an inserted and a rejected row. */
  const ofCompleted = async (): Promise<Call> => ({ params: { importId: await (completed ??= makeCompleted()) } })
  const ofNewCompleted = async (): Promise<Call> => ({ params: { importId: await makeCompleted() } })
  const ofQueued = async (): Promise<Call> => ({ params: { importId: await uploadNative(target(), makeFile()) } })
  const ofEndpoint = async (): Promise<Call> => ({ params: { endpointId: await makeEndpoint() } })
  const ofProfile = async (): Promise<Call> => {
    const call = { params: { name: 'tills' } }
    await sendCall(target(), 'saveImportProfile', { ...call, ...json(PROFILE) })
    return call
  }
  const ofDelivery = async (): Promise<Call> => ({ params: { deliveryId: await makeDelivery() } })

  /** How each operation is called so that it succeeds. */
  const CALLS: Record<string, () => Call | Promise<Call>> = {
    createImport: () => ({ params: { seriesId: SERIES }, body: upload() }),
    inspectFile: () => ({ body: makeForm([...fieldParts({ seriesId: String(SERIES) }), filePart(makeFile())]) }),
    listImports: () => ({ query: `seriesId=${SERIES}&status=completed&createdFrom=2026-01-01T00:00:00Z&limit=2` }),
    showImport: ofCompleted,
    watchImport: ofCompleted,
    listRowErrors: ofCompleted,
    explainRow: async () => ({ params: { ...(await ofCompleted()).params, rowNumber: 2 } }),
    explainLine: async () => ({ ...(await ofCompleted()), query: 'line=2' }),
    listErrorGroups: async () => ({ ...(await ofCompleted()), query: 'by=value' }),
    listTimeline: ofCompleted,
    listAuditEvents: () => ({ query: 'limit=2' }),
    listSeries: () => ({ query: `q=${SERIES}` }),
    downloadErrors: ofCompleted,
    downloadErrorWorkbook: ofCompleted,
    downloadInserted: ofCompleted,
    downloadDuplicates: ofCompleted,
    downloadUnprocessed: ofCompleted,
    downloadFile: ofCompleted,
    cancelImport: ofQueued,
    resumeImport: async () => {
      const call = await ofQueued()
      await sendCall(target(), 'cancelImport', call)
      return call
    },
    revertImport: ofNewCompleted,
    retryRejected: ofNewCompleted,
    deleteImport: ofNewCompleted,
    listRedemptions: () => ({ query: 'couponId=1' }),
    countReference: () => ({ params: { kind: 'coupons' } }),
    loadReference: () => ({
      params: { kind: 'tills' },
      body: 'id,name\n7,x\n',
      headers: { 'Content-Type': 'text/csv' },
    }),
    showReference: () => ({ params: { kind: 'coupons', id: 1 } }),
    listImportProfiles: () => ({ query: 'limit=2' }),
    showImportProfile: ofProfile,
    listImportProfileVersions: ofProfile,
    saveImportProfile: () => ({ params: { name: 'tills' }, ...json(PROFILE) }),
    deleteImportProfile: ofProfile,
    createSession: () => json({}),
    showSession: () => ({}),
    endSession: () => ({}),
    listApiKeys: () => ({}),
    createApiKey: () => json({ role: 'read', name: 'poller' }),
    revokeApiKey: async () => {
      const { id } = await target().database.prisma.apiKey.create({
        data: { orgId: ORG, role: 'read', keyHash: `hash${nextCoupon++}` },
      })
      return { params: { keyId: id } }
    },
    createWebhookEndpoint: () => json(HOOK),
    listWebhookEndpoints: () => ({ query: 'limit=2' }),
    showWebhookEndpoint: ofEndpoint,
    changeWebhookEndpoint: async () => ({ ...(await ofEndpoint()), ...json({ description: 'x' }) }),
    deleteWebhookEndpoint: ofEndpoint,
    rotateEndpointSecret: ofEndpoint,
    testWebhookEndpoint: ofEndpoint,
    listWebhookDeliveries: () => ({ query: 'status=pending' }),
    redeliverWebhooks: () => json({ since: '2026-01-01T00:00:00Z' }),
    showWebhookDelivery: ofDelivery,
    redeliverWebhook: async () => {
      const id = await makeDelivery()
      await target().database.prisma.webhookDelivery.update({
        where: { id },
        data: { status: 'failed', nextAttemptAt: null, finishedAt: new Date() },
      })
      return { params: { deliveryId: id } }
    },
    showWebhookSecret: () => ({}),
    rotateWebhookSecret: () => ({}),
  }

  /** What is sent to operations that need more than their path, whatever that is. */
  const BODIES: Record<string, Call> = {
    createImport: { body: upload() },
    inspectFile: { body: upload() },
    explainLine: { query: 'line=2' },
    loadReference: { body: 'id\n1\n', headers: { 'Content-Type': 'text/csv' } },
    changeWebhookEndpoint: json({ description: 'x' }),
    saveImportProfile: json(PROFILE),
  }

  /** Calls that do not fit what is there: 409. */
  const CONFLICTS: Record<string, () => Call | Promise<Call>> = {
    createImport: async () => {
      const content = makeFile()
      await uploadNative(target(), content)
      const form = makeForm([...fieldParts({ ...UPLOAD_FIELDS, onSameFile: 'reject' }), filePart(content)])
      return { params: { seriesId: SERIES }, body: form }
    },
    cancelImport: ofCompleted,
    resumeImport: ofCompleted,
    revertImport: ofQueued,
    retryRejected: ofQueued,
    deleteImport: ofQueued,
    testWebhookEndpoint: async () => {
      const call = await ofEndpoint()
      await sendCall(target(), 'changeWebhookEndpoint', { ...call, ...json({ status: 'disabled' }) })
      return call
    },
    redeliverWebhook: async () => {
      const call = await ofDelivery()
      const { endpointId } = (await (await sendCall(target(), 'showWebhookDelivery', call)).json()) as {
        endpointId: number
      }
      await sendCall(target(), 'changeWebhookEndpoint', { params: { endpointId }, ...json({ status: 'disabled' }) })
      return call
    },
  }

  return {
    upload,
    names: Object.keys(CALLS),
    conflicts: CONFLICTS,
    bodies: BODIES,
    async callOf(name: string): Promise<Call> {
      const make = CALLS[name]
      if (make === undefined) throw new Error(`there is no call of ${name}`)
      return make()
    },
  }
}
