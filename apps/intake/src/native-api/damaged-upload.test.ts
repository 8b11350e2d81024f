/** Reports are made of the stored upload, in a folder or in S3. One that is damaged since gives none that looks whole. */
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { openStorage } from '@importer/imports'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { startS3Storage } from '../../../../tests/support/s3-storage.ts'
import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

/** Several blocks, each of which has a checksum. */
const ROWS = 20_000
const BLOCK_BYTES = 256 * 1024

/** Where uploads are, and how one is changed behind the service's back. */
interface DamageableStorage {
  readonly options: Parameters<typeof openStorage>[1]
  change(fileKey: string, at: number): Promise<void>
}

async function makeFolder(): Promise<DamageableStorage> {
  const dataDir = await makeTemporaryFolder()
  return {
    options: { storageUrl: undefined, dataDir, s3Endpoint: undefined },
    async change(fileKey, at) {
      const file = path.join(dataDir, fileKey)
      await writeFile(file, flipBit(await readFile(file), at))
    },
  }
}

async function makeBucket(): Promise<DamageableStorage> {
  const { env } = await startS3Storage()
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const { STORAGE_URL: storageUrl, S3_ENDPOINT: s3Endpoint } = env
  return {
    options: { storageUrl, dataDir: '/nowhere', s3Endpoint },
    async change(fileKey, at) {
      // The server takes requests that are not signed, too.
      const url = `${s3Endpoint}/${storageUrl?.slice('s3://'.length)}/${fileKey}`
      const body = flipBit(new Uint8Array(await (await fetch(url)).arrayBuffer()), at)
      const response = await fetch(url, { method: 'PUT', body })
      if (!response.ok) throw new Error(`the object could not be changed: ${response.status}`)
    },
  }
}

function flipBit<Bytes extends Uint8Array>(content: Bytes, at: number): Bytes {
  content[at] = (content[at] ?? 0) ^ 1
  return content
}

describe.each([
  ['a folder', makeFolder],
  ['S3', makeBucket],
] as const)('in %s', (_name, makeStorage) => {
  let intake: TestIntake
  let storage: DamageableStorage
  beforeAll(async () => {
    const plain = await startIntake()
    await seedReference(plain)
    const { database, keys } = plain
    storage = await makeStorage()
    // As a process opens it: with the checksums that the database has.
    const { store } = await openStorage(database, storage.options)
    const serving = await startIntake({ databases: database, bulkDatabases: database, systemDatabase: database, store })
    intake = { ...serving, database, keys, store }
  })
  afterAll(() => vi.unstubAllEnvs())

  /** Every row is rejected, as no coupon has such a code. */
  async function importThenDamage(where: 'in its first block' | 'in a later block'): Promise<number> {
    const id = await uploadNative(
      intake,
      Array.from({ length: ROWS }, (_, n) => line(`NOSUCH${String(n).padStart(8, '0')}`)).join(''),
    )
    await work(intake, id, { batchRows: 2_000 })
    const { fileKey } = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
    await storage.change(fileKey, where === 'in its first block' ? 100 : BLOCK_BYTES + 100)
    return id
  }

  describe.each(['in its first block', 'in a later block'] as const)('damaged %s', (where) => {
    test.each(['errors.csv', 'errors.csv?for=spreadsheet', 'errors.csv?raw=true', 'errors.xlsx'])(
      '%s is never taken for a whole one, and the log says why',
      async (report) => {
        const id = await importThenDamage(where)
        const headers = { 'X-Request-Id': randomUUID() }
        const response = await callApi(intake, 'GET', `/v1/imports/${id}/${report}`, { headers })
        // Its head was sent before its first row was read.
        expect(response.status).toBe(200)
        await expect(response.arrayBuffer()).rejects.toThrow('terminated')
        const lines = await vi.waitFor(
          () => {
            const found = intake.logged.filter((text) => text.includes(headers['X-Request-Id']))
            if (found.length < 2) throw new Error('the request has no line yet')
            return found.map((text) => JSON.parse(text))
          },
          { timeout: 10_000 },
        )
        expect(lines).toMatchObject([
          { level: 'error', msg: 'request failed', errorCode: 'FILE_DAMAGED', err: { type: 'FileDamagedError' } },
          { msg: 'request', status: 500, errorCode: 'FILE_DAMAGED' },
        ])
      },
    )
  })

  test('a retry of its rejected rows fails with FILE_DAMAGED, and makes none of them', async () => {
    const id = await importThenDamage('in a later block')
    const made = await callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`, { json: {} })
    expect(made.status).toBe(202)
    const { id: retry } = await readJson(made)
    await work(intake, retry).catch(() => undefined)
    expect(await readJson(await callApi(intake, 'GET', `/v1/imports/${retry}`))).toMatchObject({
      status: 'failed',
      failure: { code: 'FILE_DAMAGED' },
      counts: { rows: 0 },
    })
  })

  test('a row in a block that is whole is explained, one in the damaged block is not', async () => {
    const id = await importThenDamage('in a later block')
    expect((await callApi(intake, 'GET', `/v1/imports/${id}/rows/1`)).status).toBe(200)
    const rowBytes = line('NOSUCH00000000').length
    const inside = await callApi(intake, 'GET', `/v1/imports/${id}/rows/${Math.ceil((BLOCK_BYTES + 100) / rowBytes)}`)
    expect([inside.status, (await readJson(inside)).code]).toEqual([500, 'FILE_DAMAGED'])
  })
})
