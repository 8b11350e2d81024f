import { MAX_INT4 } from '@importer/contracts'

/** A whole number of PostgreSQL's `integer`, or null when the text is none that a row could have. */
export function readInt4(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null
  const id = Number(text)
  return id <= MAX_INT4 ? id : null
}

/** A whole number up to 2^53 - 1, or null. */
export function readBigId(text: string): bigint | null {
  if (!/^\d{1,16}$/.test(text)) return null
  const id = BigInt(text)
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? id : null
}
