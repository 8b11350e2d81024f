/**
 * How long `Retry-After` asks to wait, in ms; null when it says nothing that can be read. Whole seconds or a date
 * (RFC 9110, 10.2.3).
 */
export function readRetryAfter(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000
  if (!/^[A-Za-z]{3,9}[, ]/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}
