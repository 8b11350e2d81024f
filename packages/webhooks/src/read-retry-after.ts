/**
 * How long `Retry-After` asks to wait, in ms; null when it says nothing that can be read. Whole seconds or a date
 * (RFC 9110, 10.2.3).
 */
export function readRetryAfter(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000
  if (!/^[A-Za-z]{3,9}[, ]/.test(text)) return null
  // One of the three forms of a date, asctime's, names no zone, and means GMT like the others (RFC 9110, 5.6.7).
  const at = Date.parse(/\d$/.test(text) ? `${text} GMT` : text)
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}
