import type { RowErrorCode } from '@importer/contracts'

import type { DemoWorld } from './demo-world.ts'
import { planRow } from './plan-row.ts'
import { ROW_KINDS } from './row-kinds.ts'

/** What an import of the file must come to, when it is the first of its run. */
export interface ExpectedCounts {
  readonly inserted: number
  readonly duplicates: number
  readonly rejected: number
  readonly errorsByCode: Readonly<Partial<Record<RowErrorCode, number>>>
}

export function countExpected(world: DemoWorld): ExpectedCounts {
  const counts = { inserted: 0, duplicates: 0, rejected: 0 }
  const errorsByCode: Partial<Record<RowErrorCode, number>> = {}
  for (let index = 0; index < world.spec.rows; index += 1) {
    const outcome = ROW_KINDS[planRow(world, index).kind]
    if (outcome === 'inserted') counts.inserted += 1
    else if (outcome === 'duplicate') counts.duplicates += 1
    else {
      counts.rejected += 1
      for (const code of outcome) errorsByCode[code] = (errorsByCode[code] ?? 0) + 1
    }
  }
  return { ...counts, errorsByCode }
}
