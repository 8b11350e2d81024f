import type { IncomingHttpHeaders } from 'node:http'

const NAME = 'redemptions_session'
/** What a token can look like. Anything else need not be looked up. */
const TOKEN = /^[\w-]{43}$/

/** The cookie of a signed-in browser. Only pages of this very host, and over HTTPS only where the public URL is so. */
export interface SessionCookie {
  /** The token that a request carries; null: none. */
  read(headers: IncomingHttpHeaders): string | null
  /** The value of `Set-Cookie` that gives the token to the browser. It ends with the browser, or with the session. */
  set(token: string): string
  /** The value of `Set-Cookie` that takes it away. */
  clear(): string
}

export function createSessionCookie(publicUrl: string | undefined): SessionCookie {
  const isSecure = isHttps(publicUrl)
  const name = nameSessionCookie(publicUrl)
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return {
    read({ cookie = '' }) {
      for (const pair of cookie.split(';')) {
        const equals = pair.indexOf('=')
        if (equals < 0 || pair.slice(0, equals).trim() !== name) continue
        const token = pair.slice(equals + 1).trim()
        if (TOKEN.test(token)) return token
      }
      return null
    },
    set: (token) => `${name}=${token}; ${attributes}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  }
}

export function nameSessionCookie(publicUrl: string | undefined): string {
  // With this prefix a browser takes the cookie from this host alone, for all of it, and over HTTPS only.
  return isHttps(publicUrl) ? `__Host-${NAME}` : NAME
}

function isHttps(url: string | undefined): boolean {
  return url?.toLowerCase().startsWith('https:') === true
}
