/**
 * Every file of tests/cases, by the native and by the compatible API, against the real system, and once more with its files in S3. Each
 * upload has an organization of its own, in which nothing is redeemed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { inspectionView } from '@importer/contracts'
import type { SystemDatabase } from '@importer/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openOrganization, type OrganizationClient } from '../support/open-organization.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { STORAGES } from '../support/storages.ts'

const FOLDER = path.join(import.meta.dirname, '../cases')
const WORLD = ['series', 'customers', 'tills', 'coupons'] as const

interface UploadCase {
  readonly why: string
  readonly file: string
  readonly series: number
  readonly customerIdentifier: string
  readonly couponIdentifier: string
  readonly uploadHeaders: Record<string, number>
  readonly options?: Record<string, string>
  readonly expect: {
    readonly status?: 'failed'
    readonly says?: string
    readonly rows: number
    readonly inserted: number
    readonly duplicates: number
    readonly rejected: number
    readonly codes: Record<string, number>
    readonly delimiter?: string
    readonly headerRow?: boolean
  }
  readonly errors?: readonly { rowNumber: number; line: number; code: string; says?: string }[]
  readonly redemptions?: readonly ({ rowNumber: number } & Record<string, unknown>)[]
  readonly reportHeader?: readonly string[]
}

interface ReferenceCase {
  readonly why: string
  readonly file: string
  readonly reference: string
  readonly expect: { status: number; received: number; rejected: number; items: readonly { id: number }[] }
}

const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.expect.json'))
  .map((name) => ({
    name: name.replace('.expect.json', ''),
    made: JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as UploadCase | ReferenceCase,
  }))

let system: RunningSystem
let database: SystemDatabase
let organizations = 0

/** A client of a new organization that has the world of the cases. */
async function openWorld(): Promise<OrganizationClient> {
  organizations += 1
  const client = await openOrganization(database, `http://127.0.0.1:${system.port}`, 70_000 + organizations)
  for (const kind of WORLD) {
    const answer = await client.put(kind, readFileSync(path.join(FOLDER, 'world', `${kind}.csv`)))
    expect(await answer.json()).toMatchObject({ rejected: 0 })
  }
  return client
}

const APIS = {
  native: {
    path: (series: number) => `/v1/series/${series}/imports`,
    idOf: (body: unknown): number => (body as { id: number }).id,
  },
  compatible: {
    path: (series: number) => `/coupon/api/v1/upload/redeemFile/${series}`,
    idOf: (body: unknown): number => readFirstJob(body).jobId,
  },
}

function readFirstJob(body: unknown): { jobId: number } {
  const { result } = body as { result: { redeemUploadJobStatuses: [{ jobId: number }] } }
  return result.redeemUploadJobStatuses[0]
}

interface ListedError {
  readonly rowNumber: number
  readonly message: string
}

function makeForm(made: UploadCase): FormData {
  const form = new FormData()
  form.append('customerIdentifier', made.customerIdentifier)
  form.append('couponIdentifier', made.couponIdentifier)
  form.append('uploadHeaders', JSON.stringify(made.uploadHeaders))
  for (const [name, value] of Object.entries(made.options ?? {})) form.append(name, value)
  form.append('file', new Blob([readFileSync(path.join(FOLDER, made.file))]), made.file)
  return form
}

async function upload(
  client: OrganizationClient,
  made: UploadCase,
  api: keyof typeof APIS,
): Promise<number | { refused: string }> {
  const { path: pathOf, idOf } = APIS[api]
  const form = makeForm(made)
  const response = await client.send(pathOf(made.series), { method: 'POST', body: form })
  const text = await response.text()
  return response.ok ? idOf(JSON.parse(text)) : { refused: text }
}

async function checkUpload(made: UploadCase, api: keyof typeof APIS): Promise<void> {
  const client = await openWorld()
  const uploaded = await upload(client, made, api)
  const { status, says, rows, inserted, duplicates, rejected, codes, ...dialect } = made.expect
  if (typeof uploaded !== 'number') {
    expect(uploaded.refused).toMatch(new RegExp(says ?? 'an upload that is accepted', 'i'))
    return
  }
  const view = await client.waitForEnd(uploaded)
  if (status === 'failed') {
    expect(view).toMatchObject({ status, failure: { message: expect.stringMatching(new RegExp(says ?? '', 'i')) } })
    return
  }
  const { items: errors } = await client.read<{ items: ListedError[] }>(`/v1/imports/${uploaded}/errors`)
  // The rows' errors first: they say more than counts.
  for (const { rowNumber, line, code, says: sentence = '' } of made.errors ?? []) {
    const found = errors.filter((each) => each.rowNumber === rowNumber)
    expect(found).toContainEqual(expect.objectContaining({ line, code }))
    expect(found.map(({ message }) => message).join('\n')).toMatch(new RegExp(sentence, 'i'))
  }
  expect({ ...view.counts, codes: view.errorsByCode }, JSON.stringify(errors)).toEqual({
    rows,
    inserted,
    duplicates,
    rejected,
    codes,
  })
  expect(view).toMatchObject({ status: 'completed', ...dialect })
  for (const { rowNumber, ...recorded } of made.redemptions ?? []) {
    const { items } = await client.read<{ items: { redeemedAt: string }[] }>(
      `/v1/redemptions?importId=${uploaded}&rowNumber=${rowNumber}`,
    )
    expect({ ...items[0], redeemedAt: Date.parse(items[0]?.redeemedAt ?? '') }).toMatchObject(recorded)
  }
  if (made.reportHeader !== undefined) {
    const report = await (await client.send(`/v1/imports/${uploaded}/errors.csv`)).text()
    expect(report.split('\n')[0]).toMatch(new RegExp(`^${made.reportHeader.join(',')},`))
  }
}

type Inspection = ReturnType<typeof inspectionView.parse>
type InspectedError = Inspection['rows'][number]['errors'][number]

/** What was found before the import, as the list of row errors reports it of the same rows. */
async function inspect(client: OrganizationClient, made: UploadCase): Promise<Inspection> {
  const form = makeForm(made)
  form.append('seriesId', String(made.series))
  const response = await client.send('/v1/inspect', { method: 'POST', body: form })
  expect(response.status).toBe(200)
  return inspectionView.parse(await response.json())
}

/** An inspection foretells what the import of the first rows records, and how the file is read. */
async function checkInspection(made: UploadCase): Promise<void> {
  const client = await openWorld()
  const found = await inspect(client, made)
  const uploaded = await upload(client, made, 'native')
  const problems = found.problems.map(({ message }) => message).join('\n')
  const says = new RegExp(made.expect.says ?? 'no such problem', 'i')
  if (typeof uploaded !== 'number') {
    expect(problems).toMatch(says)
    return
  }
  const view = await client.waitForEnd(uploaded)
  if (view.status !== 'completed') {
    expect(problems).toMatch(says)
    return
  }
  const { delimiter, headerRow } = found
  expect(view).toMatchObject({ delimiter, headerRow, counts: { rows: made.expect.rows } })
  expect(found.rows).toHaveLength(Math.min(20, made.expect.rows))
  const { items } = await client.read<{ items: (ListedError & { line: number } & InspectedError)[] }>(
    `/v1/imports/${uploaded}/errors?limit=1000`,
  )
  const foretold = found.rows.flatMap(({ rowNumber, line, errors }) =>
    errors.map(({ code, number, column, value, message }) => ({
      rowNumber,
      line,
      column,
      value,
      code,
      number,
      message,
    })),
  )
  expect(foretold).toEqual(items.filter(({ rowNumber }) => rowNumber <= 20))
}

async function checkReference(made: ReferenceCase): Promise<void> {
  const client = await openWorld()
  const { status, items, ...counts } = made.expect
  const answer = await client.put(made.reference, readFileSync(path.join(FOLDER, made.file)))
  expect([answer.status, await answer.json()]).toMatchObject([status, counts])
  for (const item of items) {
    expect(await client.read<object>(`/v1/reference/${made.reference}/${item.id}`)).toMatchObject(item)
  }
}

describe.each(STORAGES)('with files in $name', ({ name: storage, open }) => {
  beforeAll(async () => {
    system = await startSystem({ partitions: 2, batchRows: 100, concurrency: 4, env: await open() })
    database = openTestDatabase(system.databaseUrl)
  })
  afterAll(() => system.stop())

  // Reference data and inspections store no file, and both APIs store one by the same code: in S3 there are the imports alone.
  const isFolder = storage === 'a folder'
  const apis = isFolder ? (['native', 'compatible'] as const) : (['native'] as const)
  describe.each(isFolder ? CASES : CASES.filter(({ made }) => !('reference' in made)))('$name', ({ made }) => {
    if ('reference' in made) {
      it(made.why, async () => checkReference(made))
      return
    }
    it.each(apis)('by the %s API', async (api) => checkUpload(made, api))
    if (isFolder) it('as an inspection foretells', async () => checkInspection(made))
  })
})
