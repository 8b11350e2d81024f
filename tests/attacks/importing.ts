import { expect } from 'vitest'

import { SHOP_FIELDS, SHOP_SERIES } from '../support/small-shop.ts'
import type { Attacker } from './attacker.ts'

/** Served, or refused because it is too much at once. */
export const SERVED_OR_REFUSED = [200, 202, 429, 503]

/** Uploads a file of which every row is rejected, and gives the import once it is over. */
export async function importRejected({ client }: Attacker, file: string | Uint8Array): Promise<number> {
  await client.putReference('series', `id\n${SHOP_SERIES}\n`)
  const { jobId } = await client.upload({ ...SHOP_FIELDS, file })
  const { status, counts } = await client.waitUntilFinished(jobId, 120_000)
  expect([status, counts.inserted]).toEqual(['completed', 0])
  expect(counts.rejected).toBeGreaterThan(0)
  return jobId
}

/** The form of a native upload of the attackers' series. */
export function makeUploadForm(
  file: string | Uint8Array<ArrayBuffer>,
  more: Readonly<Record<string, string>> = {},
): FormData {
  const form = new FormData()
  const { customerIdentifier, couponIdentifier, uploadHeaders } = SHOP_FIELDS
  const fields = { customerIdentifier, couponIdentifier, uploadHeaders, ...more }
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([file]), 'attack.csv')
  return form
}
