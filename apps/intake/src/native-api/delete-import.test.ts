import { purgeExpired } from '@importer/imports'
import { createLog } from '@importer/runtime'
import { expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work, workOnPreparation } from '../../test/work.ts'

const log = createLog({ name: 'test', level: 'silent' })

const intake = await startIntake()
await seedReference(intake)

const remove = (id: number, key?: string) =>
  callApi(intake, 'DELETE', `/v1/imports/${id}`, key === undefined ? {} : { key })

test('an import that is over forgets its file, its reports and its row errors, and nothing else', async () => {
  const id = await uploadNative(intake, line('CODE1') + line('NOSUCH') + line('CODE1'))
  await work(intake, id)
  const before = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
  const { files } = await intake.countStored()
  expect((await remove(id, intake.keys.write)).status).toBe(403)
  expect((await remove(id, intake.keys.other)).status).toBe(404)
  expect((await remove(id)).status).toBe(204)
  for (const name of ['file', 'errors', 'errors.csv', 'inserted.csv', 'duplicates.csv']) {
    expect([name, (await callApi(intake, 'GET', `/v1/imports/${id}/${name}`)).status]).toEqual([name, 404])
  }
  expect((await callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`)).status).toBe(409)
  expect((await remove(id)).status).toBe(204)

  // A worker deletes what is left, also where nothing else is ever deleted.
  const purge = { database: intake.database, store: intake.store, log, retentionDays: undefined }
  expect(await purgeExpired(purge)).toEqual({ purgedImports: 1, purgedWebhooks: 0 })
  expect(await purgeExpired(purge)).toEqual({ purgedImports: 0, purgedWebhooks: 0 })
  expect((await intake.countStored()).files).toBe(files - 1)
  const where = { where: { importId: id } }
  expect(await intake.database.prisma.rejectedRow.count(where)).toBe(0)
  expect(await intake.database.prisma.duplicateRow.count(where)).toBe(0)
  expect(await intake.database.prisma.redemption.count(where)).toBe(1)
  expect(await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))).toEqual(before)
})

test('one that is not over, or of which rows are being tried again, is 409', async () => {
  const id = await uploadNative(intake, line('NOSUCH'))
  expect((await remove(id)).status).toBe(409)
  await work(intake, id)
  const retry = await readJson(await callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`))
  expect((await remove(id)).status).toBe(409)
  await workOnPreparation(intake, retry.id)
  expect((await remove(id)).status).toBe(204)
  await work(intake, retry.id)
  expect(await readJson(await callApi(intake, 'GET', `/v1/imports/${retry.id}`))).toMatchObject({ status: 'completed' })
})
