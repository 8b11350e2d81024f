import { createHash } from 'node:crypto'

/** A strong entity tag of a body. */
export function makeEntityTag(body: string): string {
  return `"${createHash('sha1').update(body).digest('base64url')}"`
}

/**
 * Whether `If-None-Match` names the tag, by weak comparison (RFC 9110, 13.1.2), also as proxies change it that compress
 * the answer: Apache puts `-gzip` inside the quotes or behind them, nginx weakens it.
 */
export function matchesEntityTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '').replace(CODING, '"') === tag)
}

const CODING = /(?:-(?:gzip|br|zstd)"|"-(?:gzip|br|zstd))$/
