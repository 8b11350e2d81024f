import { lookup, Resolver } from 'node:dns/promises'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** The addresses of a name. Rejects when it has none, or nobody knows. */
export type ResolveHost = (host: string) => Promise<readonly ResolvedAddress[]>

const TIMEOUT_MS = 3_000
const TRIES = 2

/**
 * Asks the name servers directly. Node's usual look-up occupies a thread of the pool that reads files too, and a name
 * server that never answers would keep it for half a minute: two of those, and every other receiver waits. It is only
 * asked for names that the servers do not know, such as those in /etc/hosts, and one at a time.
 */
export function createResolveHost(): ResolveHost {
  let lastLookup: Promise<unknown> = Promise.resolve()

  async function askServers(host: string): Promise<ResolvedAddress[]> {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    return [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 as const })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 as const })) : []),
    ]
  }

  async function askSystem(host: string): Promise<ResolvedAddress[]> {
    const addresses = await lookup(host, { all: true, verbatim: true })
    return addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  }

  return async (host) => {
    const known = await askServers(host)
    if (known.length > 0) return known
    const asked = lastLookup.then(() => askSystem(host))
    lastLookup = asked.catch(() => undefined)
    return asked
  }
}
