import type { ImporterClient, Upload } from '../support/importer-client.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRow } from '../support/small-shop.ts'

export const PADDED_ROWS = 4_000
const PADDING = 'x'.repeat(1_500)

/** Of 6 MB: it is read from S3 by several requests, the last one while the batches before it are committed. */
export const PADDED_UPLOAD: Upload = { ...SHOP_FIELDS, file: makeFile(), fileName: 'padded.csv' }

/** Every 100th row names no till. */
function makeFile(): string {
  const rows = Array.from({ length: PADDED_ROWS }, (_, n) => {
    const row = shopRow(n + 1)
    return `${n % 100 === 99 ? row.replace(',50001,', ',none,') : row},${PADDING}\n`
  })
  return `${SHOP_HEADER.trim()},note\n${rows.join('')}`
}

export async function openPaddedShop(client: ImporterClient): Promise<void> {
  await openShop(client, PADDED_ROWS)
}
