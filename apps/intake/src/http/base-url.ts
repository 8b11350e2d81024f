import type { Request } from 'express'

const SANE_HOST = /^[\w.\-[\]:]{1,255}$/

/**
 * Where links in an answer begin, without a slash at the end: `PUBLIC_URL` where it is set, or else the way in which
 * this request came.
 */
export function readBaseUrl(request: Request, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '')
  const host = request.headers.host
  if (host !== undefined && SANE_HOST.test(host)) return `${request.protocol}://${host}`
  return `${request.protocol}://localhost:${request.socket.localPort ?? 80}`
}
