import { changeFormat } from '../oracle/change-format.ts'
import { generateCase, type GeneratedCase } from '../oracle/generate-case.ts'
import type { DrawnUpload } from './draw-step.ts'

const FILE_NAMES = { csv: 'case.csv', gzip: 'case.csv.gz', workbook: 'case.xlsx' } as const

/** What was drawn, with its file. */
export interface MadeUpload {
  readonly drawn: DrawnUpload
  readonly made: GeneratedCase
}

export async function makeUpload(drawn: DrawnUpload): Promise<MadeUpload> {
  // Which lines a record costs that cannot be read is the reader's affair, and has its own tests.
  const plain = generateCase(drawn.caseSeed, { rows: drawn.rows, nowMs: Date.now(), hasUnreadable: false })
  return { drawn, made: await changeFormat(plain, drawn.format) }
}

export function makeForm({ drawn, made }: MadeUpload): FormData {
  const form = new FormData()
  for (const name of ['customerIdentifier', 'couponIdentifier', 'uploadHeaders'] as const) form.append(name, made[name])
  for (const [name, value] of Object.entries(made.rules)) form.append(name, value)
  if (drawn.isDryRun) form.append('dryRun', 'true')
  form.append('file', new Blob([Uint8Array.from(made.file)]), FILE_NAMES[drawn.format])
  return form
}

/** Where it is sent to. */
export function pathOf({ drawn, made }: MadeUpload): string {
  return drawn.api === 'native'
    ? `/v1/series/${made.seriesId}/imports`
    : `/coupon/api/v1/upload/redeemFile/${made.seriesId}`
}
