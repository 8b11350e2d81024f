import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

import { createWebhookEndpoint } from '@importer/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { afterFile } from '../support/after-file.ts'
import { InterruptedError, openCommandLine, type CommandLine } from '../support/command-line.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, TEST_ACTOR, TEST_ORG, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Check {
  readonly name: string
  readonly state: string
  readonly found: string
  readonly remedy: string | null
}

let system: RunningSystem
let cli: CommandLine

beforeAll(async () => {
  system = await startSystem()
  cli = await openCommandLine(system)
  await openShop(system.client, 100)
  const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, 50) })
  await system.client.waitUntilFinished(jobId)
})
afterAll(() => system.stop())

/** Takes connections and answers nothing; the first one makes the user press Ctrl-C. */
async function startSilentDatabase(): Promise<{ url: string; signal: AbortSignal }> {
  const interrupted = new AbortController()
  const server = createServer(() => interrupted.abort(new InterruptedError()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterFile(async () => {
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `postgresql://nobody@127.0.0.1:${port}/none`, signal: interrupted.signal }
}

/** As the owner, whose rights a comparison of the schema needs: a superuser here, which is a finding of its own. */
async function examine(env: Readonly<Record<string, string>> = {}) {
  const own = { DATABASE_URL: system.ownerUrl, DATA_DIR: system.dataDir }
  const ended = await cli.run(['doctor', '--json'], { env: { ...own, ...env } })
  const { checks } = JSON.parse(ended.stdout) as { checks: Check[] }
  const findings = checks.filter(({ state, name }) => state === 'finding' && name !== 'Role')
  return { exitCode: ended.exitCode, checks, findings }
}

test('finds nothing at an installation that is well but a superuser, and leaves nothing behind', async () => {
  const { exitCode, checks, findings } = await examine()
  expect(findings).toEqual([])
  // Whom no policy holds apart from the rows of other organizations.
  expect(checks.find(({ name }) => name === 'Role')).toMatchObject({
    state: 'finding',
    found: expect.stringContaining('postgres is a superuser'),
  })
  expect(exitCode).toBe(2)
  expect(checks.map(({ name }) => name)).toEqual([
    'Configuration',
    'Node',
    'Disk',
    'Queue',
    'Database',
    'Clock',
    'Schema',
    'Role',
    'Storage',
    'Imports',
    'Webhook secrets',
    'Service',
    'Waiting imports',
  ])
  expect(
    await queryOnce(system.ownerUrl, `SELECT datname FROM pg_database WHERE datname LIKE 'redemptions_doctor%'`),
  ).toEqual([])
})

test('does all but the comparison of the schema as the role of the app', async () => {
  const { exitCode, checks } = await examine({ DATABASE_URL: system.databaseUrl })
  expect(exitCode).toBe(0)
  const others = checks.filter(({ state }) => state !== 'ok')
  expect(others).toMatchObject([
    { name: 'Schema', state: 'skipped', found: expect.stringContaining('the right CREATEDB') },
  ])
})

test.each<[string, string, string, string, RegExp]>([
  [
    'an index that is missing',
    'DROP INDEX import_org_id_sha256_idx',
    'CREATE INDEX import_org_id_sha256_idx ON import (org_id, sha256)',
    'Schema',
    /the index import_org_id_sha256_idx is missing/,
  ],
  [
    'a column of nobody',
    'ALTER TABLE till ADD COLUMN colour text',
    'ALTER TABLE till DROP COLUMN colour',
    'Schema',
    /the column till\.colour is of no migration/,
  ],
  [
    'a trigger that is switched off',
    'ALTER TABLE coupon DISABLE TRIGGER USER',
    'ALTER TABLE coupon ENABLE TRIGGER USER',
    'Schema',
    /the trigger coupon\.\S+ is another one: .*DISABLED/,
  ],
  [
    'a table that is no longer kept apart by organization',
    'ALTER TABLE coupon DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE coupon ENABLE ROW LEVEL SECURITY',
    'Schema',
    /the row security coupon is missing/,
  ],
  [
    'migrations that are missing',
    `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations)`,
    'UPDATE _prisma_migrations SET rolled_back_at = NULL',
    'Schema',
    /lacks 1 of the \d+ migrations of this version/,
  ],
  [
    'a redemption that somebody deleted',
    'DELETE FROM redemption WHERE row_number = 7',
    '',
    'Imports',
    /import \d+ counts 50 inserted and has 49/,
  ],
])('finds %s', async (_name, harm, repair, name, found) => {
  await queryOnce(system.ownerUrl, harm)
  const { exitCode, findings } = await examine()
  if (repair !== '') await queryOnce(system.ownerUrl, repair)
  expect(exitCode).toBe(2)
  // What is wrong with the schema the service says too.
  expect(findings.filter((one) => one.name !== 'Service')).toMatchObject([
    { name, found: expect.stringMatching(found), remedy: expect.any(String) },
  ])
})

test('counts the secrets of webhooks by what they are sealed with, and says what to do', async () => {
  const [first, other, unknown] = [randomBytes(32), randomBytes(32), randomBytes(32)]
  const made: [Buffer[], number][] = [
    [[first, other], 3],
    [[other, first], 2],
    [[unknown], 1],
    [[], 1],
  ]
  for (const [secretsKeys, count] of made) {
    const database = openTestDatabase(system.databaseUrl, { secretsKeys })
    for (let each = 0; each < count; each += 1) {
      const url = 'https://receiver.example.com/'
      await createWebhookEndpoint(database, {
        orgId: TEST_ORG,
        url,
        description: null,
        eventTypes: [],
        actor: TEST_ACTOR,
      })
    }
  }
  const counted = async (keys: readonly Buffer[]) => {
    const { checks } = await examine({ SECRETS_KEY: keys.map((key) => key.toString('base64')).join() })
    return checks.find(({ name }) => name === 'Webhook secrets')
  }
  const rotating = await counted([first, other])
  expect(rotating).toMatchObject({
    state: 'finding',
    found: expect.stringMatching(
      /^3 sealed with the first key of SECRETS_KEY \(\w{8}\), 2 with another key of it \(\w{8}\), 1 sealed with a key that SECRETS_KEY lacks \(\w{8}\), 1 unsealed$/,
    ),
  })
  for (const what of [/Take away no key/, /Give every intake and worker SECRETS_KEY/, /rotate these secrets/]) {
    expect(rotating?.remedy).toMatch(what)
  }

  // What a rotated secret leaves behind is of no concern once it signs no more.
  const { secrets } = openTestDatabase(system.databaseUrl, { secretsKeys: [first] })
  await queryOnce(
    system.ownerUrl,
    `UPDATE webhook_secret SET expires_at = now() WHERE secret NOT LIKE 'sealed:1:${secrets.keyIds[0]}:%'`,
  )
  expect(await counted([first, other])).toMatchObject({
    state: 'ok',
    found: expect.stringMatching(/^3 sealed with the first .*, 0 with another key of it \(\w{8}\), 0 unsealed$/),
    remedy: null,
  })
  expect(await counted([])).toMatchObject({
    state: 'finding',
    found: expect.stringMatching(
      /^3 sealed with a key that SECRETS_KEY lacks \(\w{8}\), 0 unsealed, as SECRETS_KEY is not/,
    ),
  })
  await queryOnce(system.ownerUrl, 'DELETE FROM webhook_endpoint')
})

test('finds another storage, a service and a database that are away', async () => {
  const elsewhere = await examine({ DATA_DIR: await makeTemporaryFolder() })
  expect(elsewhere.findings).toMatchObject([
    { name: 'Storage', found: expect.stringContaining('is not the one of this database') },
    { name: 'Imports' },
  ])
  const away = await examine({ REDEMPTIONS_URL: 'http://127.0.0.1:2' })
  expect(away.findings).toMatchObject([
    { name: 'Imports' },
    { name: 'Service', found: expect.stringContaining('ECONNREFUSED') },
  ])
  const noDatabase = await examine({ DATABASE_URL: 'postgresql://nobody:secret-word@127.0.0.1:9/none' })
  expect(noDatabase.findings).toMatchObject([{ name: 'Database', found: expect.stringContaining('ECONNREFUSED') }])
  expect(JSON.stringify(noDatabase)).not.toContain('secret-word')
})

test('makes the other checks where connections to the database are used up', async () => {
  const role = `few_connections_${randomBytes(4).toString('hex')}`
  const app = new URL(system.databaseUrl)
  await queryOnce(
    system.ownerUrl,
    `CREATE ROLE ${role} LOGIN PASSWORD 'few' CONNECTION LIMIT 3 IN ROLE "${app.username}"`,
  )
  app.username = role
  app.password = 'few'
  const { exitCode, checks } = await examine({ DATABASE_URL: app.href })
  await queryOnce(system.ownerUrl, `DROP ROLE ${role}`)
  expect(exitCode).toBe(2)
  expect(checks.find(({ name }) => name === 'Pooler')).toMatchObject({
    state: 'finding',
    found: expect.stringContaining('53300'),
  })
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Schema', 'Storage', 'Webhook secrets', 'Service']),
  )
})

describe('a database that does not answer', () => {
  test('keeps doctor neither from what it has found nor from its end', async () => {
    const silent = await startSilentDatabase()
    const ended = await cli.run(['doctor'], { env: { DATABASE_URL: silent.url }, signal: silent.signal })
    expect(ended.exitCode).toBe(130)
    expect(ended.stdout).toMatch(/^ok +Configuration: .*\nok +Node: .*\n.*Disk: [^]*Queue: .*\n$/)
    expect(ended.stderr).toMatch(/^redemptions: interrupted; .*\n$/)
  })

  test('keeps keys from nothing but the keys', async () => {
    const silent = await startSilentDatabase()
    const ended = await cli.run(['keys', 'list', '--org', '1'], {
      env: { DATABASE_URL: silent.url },
      signal: silent.signal,
    })
    expect(ended).toMatchObject({ exitCode: 130, stdout: '' })
  })
})

test('leaves no database behind where it is ended while it compares the schema', async () => {
  const interrupted = new AbortController()
  const beside = `SELECT datname FROM pg_database WHERE datname LIKE 'redemptions_doctor%'`
  const running = cli.run(['doctor'], { env: { DATABASE_URL: system.ownerUrl }, signal: interrupted.signal })
  await waitUntil('it compares', async () => (await queryOnce(system.ownerUrl, beside)).length > 0)
  interrupted.abort(new InterruptedError())
  expect((await running).exitCode).toBe(130)
  expect(await queryOnce(system.ownerUrl, beside)).toEqual([])
})

test('names a variable that is wrong', async () => {
  const { exitCode, stderr } = await cli.run(['doctor'], { env: { IMPORT_PARTITIONS: 'many' } })
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('IMPORT_PARTITIONS')])
})

test.skipIf(!hasRedisServer())('finds a Redis that may drop jobs, and one that is away', async () => {
  const redis = await startRedisServer()
  const { findings } = await examine({ REDIS_URL: redis.url })
  expect(findings.map(({ name }) => name)).toEqual(['Imports'])
  await redis.configure('maxmemory-policy', 'allkeys-lru')
  expect((await examine({ REDIS_URL: redis.url })).findings[0]).toMatchObject({
    name: 'Queue',
    found: expect.stringContaining('maxmemory-policy allkeys-lru: it may drop jobs'),
    remedy: expect.stringContaining('noeviction'),
  })
  await redis.stop()
  expect((await examine({ REDIS_URL: redis.url })).findings[0]).toMatchObject({
    name: 'Queue',
    found: expect.stringContaining('does not answer'),
  })
})
