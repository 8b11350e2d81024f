import { lookup, Resolver } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { boundLookups } from './bound-lookups.ts'
import { isLocalName } from './receiver-url.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** The addresses of a name. Rejects when it has none, or nobody knows. */
export type ResolveHost = (host: string) => Promise<readonly ResolvedAddress[]>

export interface ResolveOptions {
  /** `address:port` of the name servers; those of the machine by default. */
  readonly servers?: readonly string[]
  /** Asks the machine, which knows more than name servers do: /etc/hosts, domains to search. */
  readonly querySystem?: ResolveHost
  /** How long a name server is waited for, twice. */
  readonly serverTimeoutMs?: number
  /** How long a look-up may take in all: as long as the attempt that wants it. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 15_000
const SERVER_TIMEOUT_MS = 3_000
const SERVER_TRIES = 2
/** How much longer than for IPv4 addresses one waits for those of IPv6. */
const EXTRA_WAIT_MS = 300
/** Look-ups by the machine occupy threads of a pool of four, which reads files too. */
const QUICK_LOOKUPS = 2
const SLOW_LOOKUPS = 1
/** A name server has said that it knows no such name, or no address of it: the machine will soon say so too. */
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA'])
const LOOPBACK: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Asks the name servers directly, any number of them at once. Node's usual look-up occupies a thread, and a name server
 * that never answers would keep it for half a minute. It is asked only for names that the servers do not know, a few at
 * a time; names for which no server answered wait for each other and for no others.
 */
export function createResolveHost(options: ResolveOptions = {}): ResolveHost {
  const { servers, querySystem = queryMachine, serverTimeoutMs = SERVER_TIMEOUT_MS, timeoutMs = TIMEOUT_MS } = options
  const lookUpQuickly = boundLookups(querySystem, QUICK_LOOKUPS)
  const lookUpSlowly = boundLookups(querySystem, SLOW_LOOKUPS)

  function createResolver(): Resolver {
    const resolver = new Resolver({ timeout: serverTimeoutMs, tries: SERVER_TRIES })
    if (servers !== undefined) resolver.setServers(servers)
    return resolver
  }

  return async (host) => {
    if (isLocalName(host)) return LOOPBACK
    const startedAt = performance.now()
    const { addresses, isUnknown } = await queryServers(host, createResolver())
    if (addresses.length > 0) return addresses
    const leftMs = timeoutMs - (performance.now() - startedAt)
    return isUnknown ? lookUpQuickly(host, leftMs) : lookUpSlowly(host, leftMs)
  }
}

async function queryServers(host: string, resolver: Resolver) {
  const addresses: ResolvedAddress[] = []
  const codes: string[] = []
  const query = async (family: 4 | 6): Promise<void> => {
    try {
      const found = await (family === 4 ? resolver.resolve4(host) : resolver.resolve6(host))
      addresses.push(...found.map((address) => ({ address, family })))
    } catch (error) {
      codes.push(error instanceof Error && 'code' in error ? String(error.code) : '')
    }
  }
  const [four, six] = [query(4), query(6)]
  await four
  const done = new AbortController()
  const extraWait = addresses.length > 0 ? [delay(EXTRA_WAIT_MS, undefined, { signal: done.signal })] : []
  await Promise.race([six, ...extraWait])
  done.abort()
  resolver.cancel()
  return { addresses: [...addresses], isUnknown: codes.length === 2 && codes.every((code) => UNKNOWN.has(code)) }
}

async function queryMachine(host: string): Promise<ResolvedAddress[]> {
  const addresses = await lookup(host, { all: true, verbatim: true })
  return addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}
