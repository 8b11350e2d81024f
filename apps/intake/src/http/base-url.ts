import type { IncomingMessage } from 'node:http'

const SANE_HOST = /^[\w.\-[\]:]{1,255}$/

/**
 * Where links in an answer begin, without a slash at the end: `PUBLIC_URL` where it is set, or else the way in which
 * this request came. Who serves by TLS sets it: the proxy that does so speaks HTTP to this server.
 */
export function readBaseUrl(request: IncomingMessage, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '')
  const host = request.headers.host
  if (host !== undefined && SANE_HOST.test(host)) return `http://${host}`
  return `http://localhost:${request.socket.localPort ?? 80}`
}
