/**
 * docs/operations.md, done as it says, its commands in their order: on the oldest PostgreSQL that is promised, with its two
 * roles and the rights that they get there, from a backup to a restored place and on to another storage.
 */
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { startEmbeddedPostgres } from '@importer/embedded-postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { afterFile } from '../support/after-file.ts'
import { databaseUrl } from '../support/database-url.ts'
import { readMarkdownBlocks } from '../support/markdown-examples.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { findPostgresPrograms } from '../support/postgres-programs.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { startS3Storage } from '../support/s3-storage.ts'
import { openShell, type ShellSession } from '../support/shell-session.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRedemption, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const PAGE = readMarkdownBlocks(readFileSync(path.join(REPOSITORY, 'docs/operations.md'), 'utf8'))
const COUPONS = 2_000
const HOUR_MS = 3_600_000
const programs = findPostgresPrograms()

/** Where the importer's parts are, as the page's variables name them. */
interface Installation {
  readonly OWNER_DATABASE_URL: string
  readonly DATABASE_URL: string
  readonly DATA_DIR: string
}

let adminUrl: string
/** Stands for the folder in which the operator keeps backups, beside a `.env`. */
let workFolder: string
let shell: ShellSession
let first: Installation
let second: Installation
let system: RunningSystem

/** What the page shows in that language under that heading. */
function readBlock(heading: string, language: 'sh' | 'sql', index = 0): string {
  const blocks = PAGE.filter((block) => block.heading === heading && block.language === language)
  const { text } = blocks[index] ?? {}
  if (text === undefined) throw new Error(`docs/operations.md has no such ${language} block under "${heading}"`)
  return text
}

async function run(heading: string, index = 0): Promise<string> {
  const command = readBlock(heading, 'sh', index)
    .replaceAll('./.env', `${workFolder}/.env`)
    .replaceAll(/\bbackup\b(?=\/|$)/gm, `${workFolder}/backup`)
  const result = await shell.run(command)
  expect(result, `${command}\n${result.stdout}${result.stderr}`).toMatchObject({ exitCode: 0 })
  return result.stdout
}

/** From here on the commands are run at that place. */
async function goTo(place: Installation): Promise<void> {
  await writeFile(
    path.join(workFolder, '.env'),
    Object.entries(place)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  await run('What it needs')
}

async function makeSystem(database: string, dataDir: string): Promise<Installation> {
  const url = new URL(databaseUrl(adminUrl, database))
  const withRole = (role: string): string => {
    url.username = role
    url.password = `${role === 'importer' ? 'importer' : 'owner'}-password`
    return url.href
  }
  return { OWNER_DATABASE_URL: withRole('importer_owner'), DATABASE_URL: withRole('importer'), DATA_DIR: dataDir }
}

async function start(
  { OWNER_DATABASE_URL, DATABASE_URL, DATA_DIR }: Installation,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  // One import at once, so that others wait behind it.
  system = await startSystem({
    database: { url: DATABASE_URL, ownerUrl: OWNER_DATABASE_URL },
    env: { DATA_DIR, ...env },
    concurrency: 1,
  })
}

async function upload(file: string): Promise<number> {
  return (await system.client.upload({ ...SHOP_FIELDS, file })).jobId
}

/** Imports the redemptions of these coupons, all of which are good. */
async function importRows(from: number, to: number): Promise<number> {
  const importId = await upload(shopRows(from, to))
  expect(await system.client.waitUntilFinished(importId)).toMatchObject({ counts: { inserted: to - from + 1 } })
  return importId
}

async function revert(importId: number): Promise<void> {
  expect((await system.client.send('POST', `/v1/imports/${importId}/revert`)).status).toBe(202)
  await waitUntil('it is reverted', async () => (await system.client.readImport(importId)).status === 'reverted')
}

async function readFileKey(place: Installation, importId: number): Promise<string> {
  const [row] = await queryOnce(place.OWNER_DATABASE_URL, 'SELECT file_key FROM import WHERE id = $1', [importId])
  return String(row?.['file_key'])
}

async function readReports(importId: number): Promise<string[]> {
  const names = ['errors.csv', 'inserted.csv', 'duplicates.csv'] as const
  return Promise.all(names.map(async (name) => (await system.client.download(importId, name)).toString()))
}

/** Rows of which each hundredth names a till that does not exist. */
function shopRowsWithFaults(from: number, to: number): string {
  return shopRows(from, to).replaceAll(/^(.*),50001,(.*00)$/gm, '$1,99,$2')
}

describe.skipIf(programs === null)('what docs/operations.md says to do', { timeout: 60_000 }, () => {
  let finished: number
  let running: number
  let waiting: number
  let lost: number
  let late: number
  let lateKey: string
  let finishedReports: string[]
  let runningReports: string[]

  beforeAll(async () => {
    workFolder = await makeTemporaryFolder()
    await chmod(workFolder, 0o755)
    const { folder = '' } = programs ?? {}
    const postgres = await startEmbeddedPostgres({
      dataDir: path.join(workFolder, 'server'),
      log: () => undefined,
      settings: { fsync: 'off' },
      binaries: { initdb: path.join(folder, 'initdb'), postgres: path.join(folder, 'postgres') },
    })
    afterFile(async () => postgres.stop())
    adminUrl = databaseUrl(postgres.ownerUrl, 'postgres')
    const { PATH = '', HOME = '' } = process.env
    shell = openShell({ cwd: REPOSITORY, env: { PATH: `${folder}:${PATH}`, HOME } })
    first = await makeSystem('importer', path.join(workFolder, 'first'))
    second = await makeSystem('restored', path.join(workFolder, 'second'))
  })
  afterAll(async () => {
    await system?.stop()
    await shell.close()
  })

  it('gives two roles the rights that they need, and no more', async () => {
    await goTo(first)
    for (const statement of readBlock('Rights in the database', 'sql').split('\n')) await queryOnce(adminUrl, statement)
    await run('Rights in the database')
    await start(first)
    await openShop(system.client, COUPONS)
    finished = await upload(SHOP_HEADER + shopRowsWithFaults(1, 300))
    expect(await system.client.waitUntilFinished(finished)).toMatchObject({
      outcome: 'partial',
      counts: { rows: 300, inserted: 297, rejected: 3 },
    })
    finishedReports = await readReports(finished)

    // Actions cancel the worker's statements.
    const obstacle = await blockCoupon(first.DATABASE_URL, shopRedemption(350))
    const cancelled = await upload(shopRows(301, 400))
    await obstacle.waitUntilMet()
    expect((await system.client.send('POST', `/v1/imports/${cancelled}/cancel`)).status).toBe(200)
    await obstacle.remove()
    await revert(cancelled)

    for (const statement of [
      'CREATE TABLE mine (id int)',
      'ALTER TABLE import ADD COLUMN mine int',
      'TRUNCATE redemption',
      'CREATE TABLE bullmq.mine (id int)',
      'DROP SCHEMA bullmq CASCADE',
    ]) {
      await expect(queryOnce(first.DATABASE_URL, statement), statement).rejects.toThrow(
        /permission denied|must be owner/,
      )
    }
  })

  it('works with one role for both, which owns all', async () => {
    await system.stop()
    await start({ ...first, DATABASE_URL: first.OWNER_DATABASE_URL })
    await revert(await importRows(1_501, 1_600))
    await system.stop()
    await start(first)
  })

  it('backs up a system at work, and names what the two halves of a backup do not share', async () => {
    const obstacle = await blockCoupon(first.DATABASE_URL, shopRedemption(950))
    running = await upload(SHOP_HEADER + shopRowsWithFaults(401, 1_000))
    await obstacle.waitUntilMet()
    waiting = await upload(shopRows(1_001, 1_100))
    lost = await upload(shopRows(1_101, 1_200))
    const { status, counts } = await system.client.readImport(running)
    expect([status, counts.rows > 0 && counts.rows < 600]).toEqual(['processing', true])

    await run('Backup and restore')
    late = await upload(shopRows(1_201, 1_300))
    const lostKey = await readFileKey(first, lost)
    lateKey = await readFileKey(first, late)
    await rm(path.join(first.DATA_DIR, lostKey))
    await run('Backup and restore', 1)

    // What the original comes to is what the restored one has to come to.
    await obstacle.remove()
    for (const id of [running, waiting]) await system.client.waitUntilFinished(id)
    runningReports = await readReports(running)
    await system.stop()

    await queryOnce(adminUrl, 'CREATE DATABASE restored OWNER importer_owner')
    await goTo(second)
    await run('Restoring')
    expect(await run('Restoring', 1)).toBe(
      `files without an import:\n${lateKey}\nimports without a file:\n${lostKey}\n`,
    )
    await queryOnce(second.OWNER_DATABASE_URL, readBlock('Restoring', 'sql'))
  })

  it('restores it at another place, where each import ends exactly once', async () => {
    const unknown = path.join(second.DATA_DIR, lateKey)
    // A restore comes later than an hour after the backup, as a rule.
    const hoursAgo = new Date(Date.now() - 2 * HOUR_MS)
    await utimes(unknown, hoursAgo, hoursAgo)
    await queryOnce(second.OWNER_DATABASE_URL, `UPDATE maintenance SET ran_at = ran_at - interval '2 hours'`)
    await start(second)

    expect(await system.client.waitUntilFinished(running)).toMatchObject({
      status: 'completed',
      counts: { rows: 600, inserted: 594, duplicates: 0, rejected: 6 },
    })
    expect(await readReports(running)).toEqual(runningReports)
    expect(await system.client.waitUntilFinished(waiting)).toMatchObject({ counts: { inserted: 100 } })
    expect(await readReports(finished)).toEqual(finishedReports)
    expect(await system.client.waitUntilFinished(lost)).toMatchObject({
      status: 'failed',
      failure: { code: 'FILE_MISSING' },
    })
    const [row] = await queryOnce(
      second.DATABASE_URL,
      'SELECT count(*)::int AS redemptions, count(DISTINCT coupon_id)::int AS coupons FROM redemption',
    )
    expect(row).toEqual({ redemptions: 297 + 594 + 100, coupons: 297 + 594 + 100 })

    expect((await system.client.get(`/v1/imports/${late}`)).status).toBe(404)
    await waitUntil('the janitor has removed its file', () => !existsSync(unknown))
    expect(system.worker.readOutput()).toContain('a stored file belonged to no import: removed')
    expect(await importRows(1_201, 1_300)).toBeGreaterThan(late + 900)

    await shell.run(`export REDEMPTIONS_URL=http://127.0.0.1:${system.port} REDEMPTIONS_API_KEY=${TEST_KEY}`)
    expect(await run('Restoring', 2)).not.toMatch(/restored backup is incomplete|✗/)
  })

  it('moves its files to S3 and back, and reads from either what was stored before', async () => {
    await system.stop()
    const s3 = await startS3Storage()
    const bucket = openBucket(s3.env)
    for (const key of await listUploads(second.DATA_DIR)) {
      await bucket.put(key, await readFile(path.join(second.DATA_DIR, key)))
    }
    const third = { ...second, DATA_DIR: path.join(workFolder, 'third') }
    await start(third, s3.env)
    expect(await readReports(finished)).toEqual(finishedReports)
    const inS3 = await importRows(1_301, 1_400)
    await system.stop()

    for (const key of await bucket.list()) {
      const file = path.join(third.DATA_DIR, key)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, await bucket.get(key))
    }
    await start(third)
    expect(await (await system.client.get(`/v1/imports/${inS3}/file`)).text()).toBe(shopRows(1_301, 1_400))
    expect(await readReports(finished)).toEqual(finishedReports)
    await importRows(1_401, 1_500)
  })
})

/** All that belongs to a storage, the identity included, by its key. */
async function listUploads(dataDir: string): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'uploads'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return files.map((file) => path.relative(dataDir, file))
}

/** As any tool copies that leaves objects as they are. */
function openBucket(env: Readonly<Record<string, string>>) {
  const { STORAGE_URL = '', S3_ENDPOINT = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = env
  const { hostname: Bucket, pathname } = new URL(STORAGE_URL)
  const prefix = `${pathname.slice(1)}/`
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  })
  afterFile(async () => client.destroy())
  return {
    put: async (key: string, Body: Buffer) => client.send(new PutObjectCommand({ Bucket, Key: prefix + key, Body })),
    async get(key: string): Promise<Uint8Array> {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: prefix + key }))
      if (Body === undefined) throw new Error(`${key} has no body`)
      return Body.transformToByteArray()
    },
    async list(): Promise<string[]> {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }))
      return Contents.map(({ Key = '' }) => Key.slice(prefix.length))
    },
  }
}
