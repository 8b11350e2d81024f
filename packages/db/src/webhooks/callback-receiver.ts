import { createHash } from 'node:crypto'

/** Receivers are keys of indexes, of which PostgreSQL takes 2,704 bytes at most: a longer one would fail the import's end. */
const MAX_ORIGIN_LENGTH = 300

/**
 * Who a callback URL's deliveries wait for each other as: its origin within its organization. The origin of a host that
 * no name server could know, and that may have any length, is named by its hash.
 */
export function nameCallbackReceiver(orgId: number, callbackUrl: string): string {
  const { origin } = new URL(callbackUrl)
  const name =
    origin.length > MAX_ORIGIN_LENGTH ? `sha256-${createHash('sha256').update(origin).digest('hex')}` : origin
  return `callback:${orgId}:${name}`
}
