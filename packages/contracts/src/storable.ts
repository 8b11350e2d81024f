import { z } from 'zod'

/** What PostgreSQL can keep of what JSON, a form or a query can say. */

/** No NUL, and no half of a surrogate pair, which is no character. */
export function isStorableText(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text)
}

const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** From the year 1 to 9999, in epoch milliseconds: also what ISO 8601 writes with four digits. */
export function isStorableInstant(ms: number): boolean {
  return ms >= EARLIEST_MS && ms <= LATEST_MS
}

export function storableText(error = 'expected text') {
  return z.string(error).refine(isStorableText, 'expected text without NUL characters and unpaired surrogates')
}

/** ISO 8601 with a zone, as text. */
export const instantText = z.iso
  .datetime({ offset: true, error: 'expected an ISO 8601 time such as 2026-11-24T00:00:00Z' })
  .refine((text) => isStorableInstant(Date.parse(text)), 'expected a time from the year 1 to 9999, UTC')

/** The largest number that PostgreSQL's `integer` holds: of rows and of ids of our own. */
export const MAX_INT4 = 2_147_483_647
