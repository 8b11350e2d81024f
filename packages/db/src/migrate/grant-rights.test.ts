import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { databaseUrl } from '../../../../tests/support/database-url.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { migrateDatabase } from './migrate-database.ts'

/** A superuser of the server, on which database and roles have names of their own. */
const { ownerUrl: adminUrl } = await createTestDatabase()
const name = `granted_${randomBytes(4).toString('hex')}`
const [owner, app] = [`${name}_owner`, `${name}_app`]
const ownerUrl = urlOf(owner)
const appUrl = urlOf(app)

/** As a role of that name, whose password is its name. */
function urlOf(role: string): string {
  const url = new URL(databaseUrl(adminUrl, name))
  url.username = role
  url.password = role
  return url.href
}

beforeAll(async () => {
  await queryOnce(adminUrl, `CREATE ROLE ${owner} LOGIN PASSWORD '${owner}'`)
  await queryOnce(adminUrl, `CREATE DATABASE ${name} OWNER ${owner}`)
})
afterAll(async () => {
  await queryOnce(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`)
  await queryOnce(adminUrl, `DROP ROLE ${owner}, ${app}`)
})

test('a role that does not exist, or is the owner in disguise, is refused with what to do', async () => {
  await expect(migrateDatabase(ownerUrl, { appRole: app })).rejects.toThrow(
    `DATABASE_APP_ROLE is "${app}", and there is no such role; create it as an administrator (CREATE ROLE "${app}" LOGIN PASSWORD '…') and run \`npm run migrate\` again`,
  )
  await expect(migrateDatabase(ownerUrl, { appRole: owner })).rejects.toThrow(
    `DATABASE_APP_ROLE is "${owner}", which has all rights of ${owner}, the role of DATABASE_URL`,
  )
  await queryOnce(adminUrl, `CREATE ROLE ${app} LOGIN PASSWORD '${app}' IN ROLE ${owner}`)
  await expect(migrateDatabase(ownerUrl, { appRole: app })).rejects.toThrow(`has all rights of ${owner}`)
  await queryOnce(adminUrl, `REVOKE ${owner} FROM ${app}`)
})

test('a role gets its rights on what is there already, and on what a later migration makes', async () => {
  await migrateDatabase(ownerUrl)
  await expect(queryOnce(appUrl, 'SELECT FROM organization')).rejects.toThrow('permission denied')
  expect(await migrateDatabase(ownerUrl, { appRole: app })).toEqual({ applied: [] })
  await queryOnce(appUrl, 'INSERT INTO organization (id) VALUES (7)')

  const later = { name: '29991231000000_later', script: 'CREATE TABLE "Later" (id serial, name text)' }
  expect(await migrateDatabase(ownerUrl, { appRole: app, migrations: [later] })).toEqual({ applied: [later.name] })
  expect(await queryOnce(appUrl, 'INSERT INTO "Later" DEFAULT VALUES RETURNING id')).toEqual([{ id: 1 }])
})

test('it can neither create nor change anything, nor say that a migration was applied', async () => {
  for (const statement of [
    'CREATE TABLE mine (id int)',
    'CREATE SCHEMA mine',
    'ALTER TABLE import ADD COLUMN mine int',
    'TRUNCATE redemption',
    'DELETE FROM _prisma_migrations',
  ]) {
    await expect(queryOnce(appUrl, statement), statement).rejects.toThrow(/permission denied|must be owner/)
  }
})

test('it finds by itself that nothing is to be migrated', async () => {
  expect(await migrateDatabase(appUrl)).toEqual({ applied: [] })
})

test('a role that policies do not hold is named, with what to do: a superuser is refused, BYPASSRLS warned of', async () => {
  await queryOnce(adminUrl, `ALTER ROLE ${app} SUPERUSER`)
  await expect(migrateDatabase(ownerUrl, { appRole: app })).rejects.toThrow('nor a superuser')
  await queryOnce(adminUrl, `ALTER ROLE ${app} NOSUPERUSER BYPASSRLS`)
  expect(await migrateDatabase(ownerUrl, { appRole: app })).toEqual({
    applied: [],
    warning: `the role "${app}" of DATABASE_APP_ROLE has BYPASSRLS, so the policies that keep organizations apart do not hold it; take it away as an administrator (ALTER ROLE "${app}" NOBYPASSRLS)`,
  })
  await queryOnce(adminUrl, `ALTER ROLE ${app} NOBYPASSRLS`)
  expect(await migrateDatabase(ownerUrl, { appRole: app })).toEqual({ applied: [] })
})

test('what others keep in the schema is left alone', async () => {
  const asAdmin = databaseUrl(adminUrl, name)
  await queryOnce(asAdmin, 'CREATE TABLE theirs (id int)')
  await queryOnce(asAdmin, `CREATE FUNCTION their_secret() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
  await queryOnce(asAdmin, 'REVOKE ALL ON FUNCTION their_secret FROM PUBLIC')
  await migrateDatabase(ownerUrl, { appRole: app })
  await expect(queryOnce(appUrl, 'SELECT FROM theirs')).rejects.toThrow('permission denied for table theirs')
  await expect(queryOnce(appUrl, 'SELECT their_secret()')).rejects.toThrow('permission denied for function')
})
