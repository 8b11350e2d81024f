import { afterAll, beforeAll, expect, test } from 'vitest'

import { openCommandLine, type CommandLine } from '../support/command-line.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

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
