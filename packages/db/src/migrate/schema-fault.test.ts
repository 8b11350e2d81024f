import { beforeAll, expect, test } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import type { SystemDatabase } from '../open-database.ts'
import { migrateDatabase } from './migrate-database.ts'
import { readMigrationNames } from './migrations-folder.ts'
import { checkSchema, describeSchemaFault, SchemaFaultError } from './schema-fault.ts'

let ownerUrl: string
let appRole: string
let database: SystemDatabase
let owner: SystemDatabase

beforeAll(async () => {
  const urls = await createTestDatabase()
  ;({ ownerUrl } = urls)
  appRole = new URL(urls.url).username
  database = openTestDatabase(urls.url)
  owner = openTestDatabase(ownerUrl)
})

test('a database with all migrations fits, and one with newer ones too', async () => {
  expect(await describeSchemaFault(database)).toBeNull()
  await owner.prisma.$executeRaw`
    INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
    VALUES ('later', 'x', '29991231000000_of_a_later_version', now())`
  await expect(checkSchema(database)).resolves.toBeUndefined()
})

test.each([
  ['is missing', 'DELETE FROM _prisma_migrations WHERE migration_name = $1'],
  ['was not finished', 'UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1'],
  ['was rolled back', 'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = $1'],
])('a migration that %s is named, with what to run', async (_name, damage) => {
  const names = await readMigrationNames()
  const last = names.at(-1) ?? ''
  const before = await owner.prisma.$queryRaw`SELECT * FROM _prisma_migrations WHERE migration_name = ${last}`
  await owner.prisma.$executeRawUnsafe(damage, last)
  const fault = await describeSchemaFault(database)
  await owner.prisma.$executeRaw`DELETE FROM _prisma_migrations WHERE migration_name = ${last}`
  await owner.prisma.$executeRaw`
    INSERT INTO _prisma_migrations SELECT * FROM jsonb_populate_recordset(NULL::_prisma_migrations, ${JSON.stringify(before)}::jsonb)`
  expect(fault).toBe(
    `the database lacks 1 of the ${names.length} migrations of this version, the first is ${last}; run \`npm run migrate\``,
  )
  expect(await describeSchemaFault(database)).toBeNull()
})

test('a role without its rights is named, with what gives them', async () => {
  await owner.prisma.$executeRaw`REVOKE ALL ON redemption FROM redemptions_app`
  expect(await describeSchemaFault(database)).toBe(
    `the role ${appRole} may not read the table redemption; run \`npm run migrate\` as the owner of the tables, with DATABASE_APP_ROLE=${appRole}`,
  )
  expect(await describeSchemaFault(owner)).toBeNull()
  await migrateDatabase(ownerUrl, { appRole })
  expect(await describeSchemaFault(database)).toBeNull()
})

test('a database without our tables says so until it is migrated', async () => {
  await owner.prisma.$executeRaw`DROP SCHEMA public CASCADE`
  await owner.prisma.$executeRaw`CREATE SCHEMA public`
  const fault = 'the database holds none of our tables; run `npm run migrate`'
  expect(await describeSchemaFault(database)).toBe(fault)
  await expect(checkSchema(database)).rejects.toThrow(new SchemaFaultError(fault))
  await migrateDatabase(ownerUrl, { appRole })
  await expect(checkSchema(database)).resolves.toBeUndefined()
})
