/** Whoever has another folder than the one of the database takes no import, accepts no upload, and fails nothing. */
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { chooseFreePort } from '@importer/embedded-postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startApp, type AppProcess } from '../support/app-process.ts'
import { ImporterClient } from '../support/importer-client.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const TIMEOUT_MS = 120_000
const IMPORTS = 4

describe('beside a database that has its storage', { timeout: TIMEOUT_MS }, () => {
  let system: RunningSystem
  let env: Record<string, string>
  const others: AppProcess[] = []

  beforeAll(async () => {
    system = await startSystem()
    await openShop(system.client, 1_000)
    env = { DATABASE_URL: system.databaseUrl, DATA_DIR: await makeTemporaryFolder(), LOG_LEVEL: 'info' }
  })
  afterAll(async () => {
    for (const app of others) await app.kill('SIGKILL')
    await system.stop()
  })

  async function upload(from: number): Promise<number> {
    return (await system.client.upload({ ...SHOP_FIELDS, file: shopRows(from, from + 9) })).jobId
  }

  it('a worker with another folder takes no import, says what to do, and begins once that is done', async () => {
    await system.worker.kill('SIGKILL')
    const wrong = await startApp('worker', { env })
    others.push(wrong)
    await waitUntil('it says why it waits', () => wrong.readOutput().includes('is not the one of this database'))
    const ids: number[] = []
    for (let n = 0; n < IMPORTS; n += 1) ids.push(await upload(1 + n * 10))
    // One that could take them is there for a while, and takes all of them.
    const right = await system.startWorker()
    for (const id of ids) {
      expect(await system.client.waitUntilFinished(id)).toMatchObject({ status: 'completed', counts: { inserted: 10 } })
    }
    expect(wrong.readOutput()).not.toContain('taking jobs')
    const lines = wrong.readOutput().split('\n')
    expect(lines.filter((line) => line.includes('is not the one of this database'))).toHaveLength(1)

    // What the line says: the files, or the identity alone.
    await right.kill('SIGKILL')
    await cp(path.join(system.dataDir, 'uploads'), path.join(env['DATA_DIR'] ?? '', 'uploads'), { recursive: true })
    await waitUntil('it takes jobs', () => wrong.readOutput().includes('taking jobs'))
    await wrong.kill('SIGKILL')
    await system.startWorker()
  })

  it('an intake with another folder answers 503 and says so at /readyz', async () => {
    const port = await chooseFreePort()
    const intake = await startApp('intake', {
      env: { ...env, DATA_DIR: await makeTemporaryFolder(), PORT: String(port) },
    })
    others.push(intake)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toContain('the storage is not the one that belongs to this database')
    const client = new ImporterClient(`http://127.0.0.1:${port}`, TEST_KEY)
    await expect(client.upload({ ...SHOP_FIELDS, file: shopRows(101, 110) })).rejects.toThrow(/503/)
    const [row] = await queryOnce(system.ownerUrl, 'SELECT count(*)::int AS count FROM import')
    expect(row).toEqual({ count: IMPORTS })
  })

  it('a disk that is not mounted delays imports, with the reason in them, and they complete when it is back', async () => {
    const uploads = path.join(system.dataDir, 'uploads')
    const away = path.join(system.dataDir, 'away')
    await system.worker.kill('SIGKILL')
    const id = await upload(201)
    await system.startWorker()
    expect(await system.client.waitUntilFinished(id)).toMatchObject({ status: 'completed' })

    await system.worker.kill('SIGKILL')
    const delayed = await upload(301)
    await rename(uploads, away)
    await mkdir(uploads)
    await system.startWorker()
    await waitUntil('it says why it waits', () =>
      system.worker.readOutput().includes('is not the one of this database'),
    )
    expect(await (await system.client.get('/readyz')).text()).toContain('the storage is not the one')
    expect(await readdir(uploads)).toEqual([])
    await rm(uploads, { recursive: true })
    await rename(away, uploads)
    expect(await system.client.waitUntilFinished(delayed)).toMatchObject({
      status: 'completed',
      counts: { inserted: 10 },
    })
  })

  it('only a file that is gone from the right folder fails its import', async () => {
    await system.worker.kill('SIGKILL')
    const [gone, damaged, kept] = [await upload(401), await upload(411), await upload(421)]
    const readPath = async (id: number | undefined): Promise<string> => {
      const [row] = await queryOnce(system.ownerUrl, `SELECT file_key FROM import WHERE id = ${id}`)
      return path.join(system.dataDir, String(row?.['file_key']))
    }
    await rm(await readPath(gone))
    await writeFile(await readPath(damaged), shopRows(411, 420).replace('C415', 'C499'))
    await system.startWorker()
    expect(await system.client.waitUntilFinished(gone ?? 0)).toMatchObject({ failure: { code: 'FILE_MISSING' } })
    expect(await system.client.waitUntilFinished(damaged ?? 0)).toMatchObject({
      failure: { code: 'FILE_DAMAGED' },
      counts: { rows: 0 },
    })
    expect(await system.client.waitUntilFinished(kept ?? 0)).toMatchObject({ status: 'completed' })
  })
})
