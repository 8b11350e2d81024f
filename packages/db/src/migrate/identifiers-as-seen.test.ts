import { normalizeCouponCode, normalizeMobile } from '@importer/contracts'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { readMigrations } from './migrations-folder.ts'

let client: pg.Client

beforeAll(async () => {
  client = new pg.Client({ connectionString: (await createTestDatabase()).ownerUrl })
  await client.connect()
  await client.query(`INSERT INTO organization (id) VALUES (1), (2)`)
  await client.query(`INSERT INTO series (org_id, id, single_use) VALUES (1, 1, true), (1, 2, true), (2, 1, true)`)
})
afterAll(async () => client.end())

async function migrate(): Promise<void> {
  const migrations = await readMigrations()
  const script = migrations.find(({ name }) => name.endsWith('_identifiers_as_seen'))?.script
  if (script === undefined) throw new Error('there is no such migration')
  await client.query(script)
}

const DECOMPOSED = 'cafe\u0301-1'
const COMPOSED = 'caf\u00e9-1'

test('brings codes into the form in which rows look them up, and leaves one of two alike as it was', async () => {
  const stored: [org: number, series: number, id: number, code: string][] = [
    [1, 1, 1, 'plain-1'],
    [1, 1, 2, DECOMPOSED],
    [1, 2, 3, DECOMPOSED],
    [1, 2, 4, COMPOSED],
    [2, 1, 1, 'a\u200bb'],
    [2, 1, 2, 'a\u00adb'],
    [2, 1, 3, '\u212bngstr\u00f6m'.toLowerCase()],
    [2, 1, 4, '\u200b'],
  ]
  for (const [org, series, id, code] of stored) {
    await client.query('INSERT INTO coupon (org_id, series_id, id, code, code_key) VALUES ($1, $2, $3, $4, $4)', [
      org,
      series,
      id,
      code,
    ])
  }
  await migrate()
  const { rows } = await client.query<{ code_key: string }>('SELECT code_key FROM coupon ORDER BY org_id, id')
  expect(rows.map((row) => row.code_key)).toEqual([
    'plain-1',
    normalizeCouponCode(DECOMPOSED),
    // The composed one of the same series had the form already.
    DECOMPOSED,
    normalizeCouponCode(COMPOSED),
    normalizeCouponCode('a\u200bb'),
    'a\u00adb',
    normalizeCouponCode('\u212bngstr\u00f6m'),
    '\u200b',
  ])
})

test('does so with mobiles', async () => {
  const mobiles = ['919800000001', '91.98/00\u200e2', '+91-3', '91\u00a04', '914', 'tel:91']
  for (const [index, mobile] of mobiles.entries()) {
    await client.query('INSERT INTO customer (org_id, id, mobile) VALUES (1, $1, $2)', [index + 1, mobile])
  }
  await migrate()
  const { rows } = await client.query<{ mobile: string }>('SELECT mobile FROM customer ORDER BY id')
  expect(rows.map((row) => row.mobile)).toEqual([
    '919800000001',
    normalizeMobile('91.98/00\u200e2'),
    normalizeMobile('+91-3'),
    '91\u00a04',
    '914',
    'tel:91',
  ])
})

test('can be run again', async () => {
  await migrate()
})
