import { createHash } from 'node:crypto'

import { beforeAll, expect, test } from 'vitest'

import { readJson } from '../../test/read-json.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { CSV, fieldParts, filePart, makeForm, postForm } from '../../test/upload.ts'
import { openRawConnection, writeHead } from '../../test/raw-connection.ts'

let intake: TestIntake
let id: number

beforeAll(async () => {
  intake = await startIntake()
  id = await upload('größe.csv')
})

async function upload(name: string, content = CSV): Promise<number> {
  const response = await postForm(intake, makeForm([...fieldParts(), filePart(content, name)]))
  return (await readJson(response)).result.redeemUploadJobStatuses[0].jobId
}

function get(path: string, headers: Record<string, string> = {}, key = intake.keys.read): Promise<Response> {
  return fetch(`${intake.url}/v1${path}`, { headers: { Authorization: `Bearer ${key}`, ...headers } })
}

test('an import has every member of the contract', async () => {
  const response = await get(`/imports/${id}`)
  const body = await readJson(response)
  const url = `${intake.url}/v1/imports/${id}`
  expect(response.status).toBe(200)
  expect(body).toEqual({
    id,
    seriesId: SERIES,
    status: 'queued',
    outcome: null,
    fileName: expect.stringMatching(/^größe_\d{13}_953234\.csv$/),
    bytes: CSV.length,
    sha256: createHash('sha256').update(CSV).digest('hex'),
    headerRow: null,
    delimiter: null,
    progress: { percent: 0, bytesRead: 0, rowsRead: 0, rowsPerSecond: 0, etaSeconds: null },
    counts: { rows: 0, inserted: 0, duplicates: 0, rejected: 0 },
    errorsByCode: {},
    details: null,
    metadata: null,
    dryRun: false,
    corrections: null,
    attempts: 0,
    retryOf: null,
    retriedAs: null,
    profile: null,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    startedAt: null,
    updatedAt: body.createdAt,
    delay: null,
    finishedAt: null,
    failure: null,
    links: {
      self: url,
      errors: `${url}/errors.csv`,
      inserted: `${url}/inserted.csv`,
      duplicates: `${url}/duplicates.csv`,
      unprocessed: `${url}/unprocessed.csv`,
      file: `${url}/file`,
      events: `${url}/events`,
    },
  })
})

test('a poll of an unchanged import is 304, of a changed one 200 with another tag', async () => {
  const changing = await upload('changing.csv')
  const first = await get(`/imports/${changing}`)
  const tag = first.headers.get('etag') ?? ''
  const second = await get(`/imports/${changing}`, { 'If-None-Match': tag })
  expect([second.status, await second.text(), second.headers.get('etag')]).toEqual([304, '', tag])
  await intake.database.prisma.import.update({ where: { id: changing }, data: { status: 'processing' } })
  const poll = async () => {
    const answer = await get(`/imports/${changing}`, { 'If-None-Match': tag })
    return answer.status === 200 ? readJson(answer) : answer.text()
  }
  await expect.poll(poll).toMatchObject({ status: 'processing' })
})

test('the upload comes back as it went', async () => {
  const response = await get(`/imports/${id}/file`)
  expect(await response.text()).toBe(CSV)
  expect(response.headers.get('content-length')).toBe(String(CSV.length))
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="gr.{1,2}e_\d+_953234\.csv"; filename\*=UTF-8''gr%C3%B6%C3%9Fe_\d+_953234\.csv$/i,
  )
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

test.each(['errors.csv', 'inserted.csv', 'duplicates.csv'])('%s is a download', async (name) => {
  const response = await get(`/imports/${id}/${name}`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(response.headers.get('content-disposition')).toContain(`_${name}"`)
  await response.text()
})

test('HEAD gives the head alone', async () => {
  const response = await fetch(`${intake.url}/v1/imports/${id}/file`, {
    method: 'HEAD',
    headers: { Authorization: `Bearer ${intake.keys.read}` },
  })
  expect([response.status, await response.text()]).toEqual([200, ''])
})

test.each<[string, (path: string) => string, 'read' | 'other' | null, number, string]>([
  ['without a key', (path) => path, null, 401, 'UNAUTHORIZED'],
  ["with another organization's key", (path) => path, 'other', 404, 'IMPORT_NOT_FOUND'],
  ['of nobody', () => '/imports/999999', 'read', 404, 'IMPORT_NOT_FOUND'],
  ['beyond any', () => '/imports/99999999999', 'read', 404, 'IMPORT_NOT_FOUND'],
  ['that is no number', () => '/imports/abc', 'read', 400, 'INVALID_VALUE'],
  ["with another organization's key for its file", (path) => `${path}/file`, 'other', 404, 'IMPORT_NOT_FOUND'],
  ['with a wrong raw', (path) => `${path}/errors.csv?raw=perhaps`, 'read', 400, 'INVALID_VALUE'],
  ['under an unknown path', (path) => `${path}/nothing`, 'read', 404, 'NOT_FOUND'],
])('an import %s is a problem', async (_name, path, key, status, code) => {
  const response = await fetch(`${intake.url}/v1${path(`/imports/${id}`)}`, {
    headers: key === null ? {} : { Authorization: `Bearer ${intake.keys[key]}` },
  })
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(await readJson(response)).toMatchObject({ type: 'about:blank', title: expect.any(String), status, code })
  expect(response.status).toBe(status)
  expect(response.headers.has('www-authenticate')).toBe(status === 401)
  expect(response.headers.has('content-disposition')).toBe(false)
})

test('another method is 405', async () => {
  const response = await fetch(`${intake.url}/v1/imports/${id}`, { method: 'PUT' })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE'])
})

test('an upload that is no longer stored is reported as such', async () => {
  const gone = await upload('gone.csv')
  const { fileKey } = await intake.database.prisma.import.findUniqueOrThrow({ where: { id: gone } })
  await intake.store.remove(fileKey)
  const response = await get(`/imports/${gone}/file`)
  expect(await readJson(response)).toMatchObject({ status: 404, code: 'FILE_MISSING' })
  expect(response.headers.has('content-length')).toBe(true)
})

test('an upload that is shorter than it was breaks the connection instead of looking whole', async () => {
  const cut = await upload('cut.csv', 'x'.repeat(100_000))
  await intake.database.prisma.import.update({ where: { id: cut }, data: { bytes: 200_000 } })
  const connection = await openRawConnection(intake.port)
  connection.socket.write(writeHead('GET', `/v1/imports/${cut}/file`, { Authorization: `Bearer ${intake.keys.read}` }))
  const answer = await connection.waitForEnd()
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer.length).toBeLessThan(200_000)
})
