import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { createImport } from '@importer/db'
import { createFileStore, StorageUnavailableError, WrongStorageError, type FileStore } from '@importer/file-store'
import { beforeEach, describe, expect, it } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { createStorageIdentity, openStorage } from './storage-identity.ts'

const ORG = 1
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
const { url } = await createTestDatabase()
// Fewer connections than verifications at once: one that waited for a second connection would not get it.
const database = openTestDatabase(url, { maxConnections: 2 })
await database.prisma.organization.create({ data: { id: ORG } })

beforeEach(async () => {
  await database.prisma.import.deleteMany()
  await database.prisma.installation.deleteMany()
})

async function openFolder(dataDir: string): Promise<FileStore> {
  return createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
}

/** As a process that is started now. */
async function verify(dataDir: string): Promise<void> {
  await createStorageIdentity({ database, store: await openFolder(dataDir) }).verify(0)
}

async function readStored(dataDir: string): Promise<string> {
  return (await readFile(path.join(dataDir, 'uploads', 'installation-id'), 'utf8')).trim()
}

async function makeImport(store: FileStore): Promise<string> {
  const { key, bytes, sha256, checksums } = await store.write(Readable.from([Buffer.from('a,b\n')]), { maxBytes: 100 })
  await createImport(database, {
    orgId: ORG,
    seriesId: 1n,
    fileKey: key,
    fileName: 'a.csv',
    bytes,
    sha256,
    checksums,
    mapping: { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE', positions: {} },
    details: null,
    metadata: null,
  })
  return key
}

describe('a new installation', () => {
  it('gets one identity, in database and storage, however many processes start at once', async () => {
    const dataDir = await makeTemporaryFolder()
    await Promise.all([1, 2, 3, 4].map(async () => verify(dataDir)))
    const row = await database.prisma.installation.findUniqueOrThrow({ where: { singleton: true } })
    expect(row.id).toMatch(UUID)
    expect(row.storageConfirmedAt).not.toBeNull()
    expect(await readStored(dataDir)).toBe(row.id)
    await verify(dataDir)
  })

  it('has one storage: of two that are given at once, one is wrong', async () => {
    const dataDirs = [await makeTemporaryFolder(), await makeTemporaryFolder()]
    const outcomes = await Promise.allSettled(dataDirs.map(verify))
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: expect.any(WrongStorageError),
    })
  })

  it('is completed when a process died between database and storage', async () => {
    const dataDir = await makeTemporaryFolder()
    await database.prisma.$executeRaw`INSERT INTO installation (id) VALUES (gen_random_uuid())`
    const { id } = await database.prisma.installation.findUniqueOrThrow({ where: { singleton: true } })
    await verify(dataDir)
    expect(await readStored(dataDir)).toBe(id)
  })
})

describe('a storage is wrong', () => {
  it('when it is empty and the database has an identity; right once that is put into it', async () => {
    const dataDir = await makeTemporaryFolder()
    await verify(dataDir)
    const id = await readStored(dataDir)
    const other = await makeTemporaryFolder()
    const failure: unknown = await verify(other).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(WrongStorageError)
    const file = path.join(other, 'uploads', 'installation-id')
    expect(failure).toMatchObject({ advice: expect.stringContaining(`put the line ${id} into ${file}`) })
    await mkdir(path.join(other, 'uploads'))
    await writeFile(file, `${id}\n`)
    await verify(other)
  })

  it('when it has an identity and the database is new, or has another one', async () => {
    const dataDir = await makeTemporaryFolder()
    await mkdir(path.join(dataDir, 'uploads'))
    await writeFile(path.join(dataDir, 'uploads', 'installation-id'), 'theirs')
    await expect(verify(dataDir)).rejects.toMatchObject({ advice: expect.stringContaining('it is a new one') })
    expect(await database.prisma.installation.count()).toBe(0)
    await verify(await makeTemporaryFolder())
    await expect(verify(dataDir)).rejects.toMatchObject({ advice: expect.stringContaining('has the identity theirs') })
  })

  it('when it holds files that the database knows nothing of', async () => {
    const dataDir = await makeTemporaryFolder()
    await (await openFolder(dataDir)).write(Readable.from([Buffer.from('a')]), { maxBytes: 100 })
    await expect(verify(dataDir)).rejects.toMatchObject({
      advice: expect.stringContaining('belong to another database'),
    })
  })
})

describe('an installation of an older version', () => {
  it('keeps the storage that has the files of its imports, and no other', async () => {
    const dataDir = await makeTemporaryFolder()
    await makeImport(await openFolder(dataDir))
    const empty = await makeTemporaryFolder()
    await expect(verify(empty)).rejects.toMatchObject({
      advice: expect.stringContaining('none of the files of the latest 1'),
    })
    await verify(dataDir)
    await expect(verify(empty)).rejects.toBeInstanceOf(WrongStorageError)
  })

  it('keeps a storage whose imports are all expired', async () => {
    const dataDir = await makeTemporaryFolder()
    const key = await makeImport(await openFolder(dataDir))
    await rm(path.join(dataDir, key))
    await database.prisma.import.updateMany({ data: { status: 'completed', expiredAt: new Date() } })
    await verify(dataDir)
  })
})

describe('the store as the services use it', () => {
  it('finds a file missing in the right storage only', async () => {
    const dataDir = await makeTemporaryFolder()
    const options = { storageUrl: undefined, dataDir, s3Endpoint: undefined }
    const { store } = await openStorage(database, options)
    const { key } = await store.write(Readable.from([Buffer.from('a')]), { maxBytes: 100 })
    // The disk is unmounted, and its folder is what was under it.
    await rename(path.join(dataDir, 'uploads'), path.join(dataDir, 'away'))
    await expect(store.size(key)).rejects.toBeInstanceOf(WrongStorageError)
    await expect(buffer(store.read(key))).rejects.toBeInstanceOf(WrongStorageError)
    await expect(store.ping()).rejects.toBeInstanceOf(WrongStorageError)
    await rename(path.join(dataDir, 'away'), path.join(dataDir, 'uploads'))
    expect((await buffer(store.read(key))).toString()).toBe('a')
    await rm(path.join(dataDir, key))
    await expect(store.size(key)).rejects.toMatchObject({ code: 'FILE_MISSING' })
    await expect(buffer(store.read(key))).rejects.toMatchObject({ code: 'FILE_MISSING' })
  })

  it('takes no upload and removes nothing where it does not belong', async () => {
    await verify(await makeTemporaryFolder())
    const dataDir = await makeTemporaryFolder()
    const orphan = (await (await openFolder(dataDir)).write(Readable.from([Buffer.from('a')]), { maxBytes: 100 })).key
    const { store } = await openStorage(database, { storageUrl: undefined, dataDir, s3Endpoint: undefined })
    await expect(store.write(Readable.from([Buffer.from('b')]), { maxBytes: 100 })).rejects.toBeInstanceOf(
      WrongStorageError,
    )
    await expect(store.remove(orphan)).rejects.toBeInstanceOf(WrongStorageError)
    await expect(store.removeUnfinished(`${orphan}.part`)).rejects.toBeInstanceOf(WrongStorageError)
    await expect(store.removeDeadProbes(Date.now())).rejects.toBeInstanceOf(WrongStorageError)
    await expect(store.listPeriod('2026-01-01/00')[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(
      WrongStorageError,
    )
    expect(await (await openFolder(dataDir)).size(orphan)).toBe(1)
  })

  it('accepts no upload that was written while the storage was exchanged', async () => {
    const dataDir = await makeTemporaryFolder()
    const { store } = await openStorage(database, { storageUrl: undefined, dataDir, s3Endpoint: undefined })
    await store.ping()
    async function* exchange(): AsyncGenerator<Buffer> {
      yield Buffer.from('a')
      await rename(path.join(dataDir, 'uploads', 'installation-id'), path.join(dataDir, 'identity'))
    }
    await expect(store.write(Readable.from(exchange()), { maxBytes: 100 })).rejects.toBeInstanceOf(WrongStorageError)
    await rename(path.join(dataDir, 'identity'), path.join(dataDir, 'uploads', 'installation-id'))
    await store.ping()
  })

  it('says that a database or a storage does not answer, and nothing else', async () => {
    const away = openTestDatabase('postgresql://nobody@127.0.0.1:1/none')
    const { store } = await openStorage(away, {
      storageUrl: undefined,
      dataDir: await makeTemporaryFolder(),
      s3Endpoint: undefined,
    })
    await expect(store.ping()).rejects.toThrow(/ECONNREFUSED|reach/i)
    const file = path.join(await makeTemporaryFolder(), 'file')
    await writeFile(file, '')
    await expect(verify(file)).rejects.toBeInstanceOf(StorageUnavailableError)
  })
})
