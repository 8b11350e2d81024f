import { expect } from 'vitest'

import { ImporterClient } from '../support/importer-client.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { BYSTANDER } from './attacked-system.ts'

const GOOD_ROWS = 100
const FILE = `${SHOP_HEADER}${shopRows(1, GOOD_ROWS)}1,2,3,4\n`

export async function openBystanderShop(url: string): Promise<void> {
  await openShop(new ImporterClient(url, BYSTANDER.apiKey), GOOD_ROWS)
}

/** What another organization does meanwhile: a small import, and its error report. */
export async function importAsBystander(url: string): Promise<void> {
  const client = new ImporterClient(url, BYSTANDER.apiKey)
  const { jobId } = await client.upload({ ...SHOP_FIELDS, file: FILE })
  const { status, counts } = await client.waitUntilFinished(jobId)
  // The first of them inserts what all others find to be there.
  expect([status, counts.inserted + counts.duplicates, counts.rejected]).toEqual(['completed', GOOD_ROWS, 1])
  expect((await client.download(jobId, 'errors.csv')).toString()).toContain('INVALID_DATE')
}
