/** The SQL that docs/operations.md shows beside backup and restore, run as the page says. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

import { readMarkdownBlocks } from './support/markdown-examples.ts'
import { queryOnce } from './support/query-once.ts'
import { createTestDatabase } from './support/test-database.ts'

const PAGE = readMarkdownBlocks(readFileSync(path.resolve(import.meta.dirname, '../docs/operations.md'), 'utf8'))

function findStatement(heading: string, beginning: string): string {
  const found = PAGE.filter((block) => block.heading === heading && block.text.startsWith(beginning))
  if (found[0] === undefined || found.length > 1) throw new Error(`there is not one "${beginning}" under ${heading}`)
  return found[0].text
}

test('a role sees nothing by default once a superuser, or whom he granted it, has set that', async () => {
  const { ownerUrl } = await createTestDatabase()
  const suffix = randomBytes(4).toString('hex')
  const [owner, app] = [`importer_owner_${suffix}`, `importer_${suffix}`]
  const withNames = (statement: string): string =>
    statement.replaceAll(/\bimporter_owner\b/g, owner).replaceAll(/\bROLE importer\b/g, `ROLE ${app}`)
  const setByDefault = withNames(findStatement('Rights in the database', 'ALTER ROLE importer SET'))
  const url = new URL(ownerUrl)
  url.username = owner
  url.password = 'owner-password'
  const readDefault = async () =>
    queryOnce(ownerUrl, `SELECT setconfig AS settings FROM pg_db_role_setting WHERE setrole = '${app}'::regrole`)
  await queryOnce(ownerUrl, `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner-password'`)
  try {
    await queryOnce(url.href, `CREATE ROLE ${app} LOGIN`)
    await expect(queryOnce(url.href, setByDefault)).rejects.toThrow(
      'permission denied to set parameter "importer.org_id"',
    )
    await queryOnce(ownerUrl, withNames(findStatement('Rights in the database', 'GRANT SET ON PARAMETER')))
    await queryOnce(url.href, setByDefault)
    expect(await readDefault()).toEqual([{ settings: ['importer.org_id=none'] }])
    await queryOnce(url.href, `ALTER ROLE ${app} RESET importer.org_id`)
    expect(await readDefault()).toEqual([])
    await queryOnce(ownerUrl, setByDefault)
    expect(await readDefault()).toEqual([{ settings: ['importer.org_id=none'] }])
  } finally {
    await queryOnce(ownerUrl, `DROP ROLE IF EXISTS ${app}; REVOKE SET ON PARAMETER importer.org_id FROM ${owner}`)
    await queryOnce(ownerUrl, `DROP ROLE ${owner}`)
  }
})

test('the receivers that do not take their webhooks are found with their organizations', async () => {
  const { ownerUrl } = await createTestDatabase()
  await queryOnce(
    ownerUrl,
    `INSERT INTO organization (id) VALUES (1), (2);
     INSERT INTO webhook_endpoint (id, org_id, url) VALUES (1, 1, 'https://one.example.com');
     INSERT INTO webhook_event (id, org_id, type, body, occurred_at)
     SELECT id, org, 'test', '{}', now() FROM (VALUES (1, 1), (2, 1), (3, 2)) event (id, org);
     INSERT INTO webhook_delivery (org_id, event_id, endpoint_id, callback_url, receiver, created_at, next_attempt_at)
     VALUES (1, 1, 1, NULL, 'one', now() - interval '2 hours', now()), (1, 2, 1, NULL, 'one', now(), now()),
            (2, 3, NULL, 'https://two.example.com/call', 'two', now() - interval '1 hour', now())`,
  )
  const found = await queryOnce(ownerUrl, findStatement('RedemptionsWebhooksLate', 'SELECT'))
  expect(found).toMatchObject([
    { org_id: 1, receiver: 'https://one.example.com', pending: '2' },
    { org_id: 2, receiver: 'https://two.example.com/call', pending: '1' },
  ])
})
