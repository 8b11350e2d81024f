import { isIP, type LookupFunction } from 'node:net'

import { buildConnector } from 'undici'

import { isAddressAllowed, type ReceiverPolicy } from './address-policy.ts'
import { bareHost } from './receiver-url.ts'
import type { ResolveHost } from './resolve-host.ts'

/** A connection was not made, as its address may not be connected to. */
export class AddressNotAllowedError extends Error {
  constructor(address: string) {
    super(`${address} is private or reserved`)
    this.name = 'AddressNotAllowedError'
  }
}

export class NameNotResolvedError extends Error {
  constructor(host: string, cause: unknown) {
    super(`the addresses of ${host} are not known`, { cause })
    this.name = 'NameNotResolvedError'
  }
}

export interface ConnectorOptions {
  readonly policy: ReceiverPolicy
  readonly resolveHost: ResolveHost
  readonly timeoutMs: number
  /** PEM: who may have signed a receiver's certificate; those that Node knows by default. */
  readonly trustedCertificate?: string | undefined
}

type GuardOptions = Pick<ConnectorOptions, 'policy' | 'resolveHost'>

/** Looks a name up and answers with its addresses if all of them are allowed: one that is refused refuses the name. */
export function createGuardedLookup({ policy, resolveHost }: GuardOptions): LookupFunction {
  async function resolveAllowed(host: string) {
    const addresses = await resolveHost(host).catch((error: unknown) => {
      throw new NameNotResolvedError(host, error)
    })
    if (addresses.length === 0) throw new NameNotResolvedError(host, undefined)
    for (const { address } of addresses) {
      if (!isAddressAllowed(address, policy)) throw new AddressNotAllowedError(address)
    }
    return addresses
  }

  return (host, options, answer) => {
    resolveAllowed(host).then(
      (addresses) => {
        const [first] = addresses
        if (options.all === true) answer(null, [...addresses])
        else if (first !== undefined) answer(null, first.address, first.family)
      },
      (error: unknown) => answer(error instanceof Error ? error : new Error(String(error)), []),
    )
  }
}

/**
 * Connects to nothing but allowed addresses. A name is resolved once for each connection, and the very addresses that
 * were checked are those connected to, so a name server that changes its answer gains nothing. Addresses written as such
 * skip the look-up in Node, so they are checked here.
 */
export function createGuardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { policy, timeoutMs, trustedCertificate } = options
  const lookup = createGuardedLookup(options)
  const connect = buildConnector({
    lookup,
    timeout: timeoutMs,
    allowH2: false,
    maxCachedSessions: 0,
    ...(trustedCertificate === undefined ? {} : { ca: trustedCertificate }),
  })
  return (target, done) => {
    const host = bareHost(target)
    if (isIP(host) !== 0 && !isAddressAllowed(host, policy)) {
      done(new AddressNotAllowedError(host), null)
      return
    }
    connect(target, (...result) => {
      const [error, socket] = result
      const fault = error === null ? findPeerFault(socket.remoteAddress, policy) : null
      if (fault === null) return done(...result)
      socket?.destroy()
      done(fault, null)
    })
  }
}

/** What speaks against the peer of a connection that was made. One that is gone already has no address any more. */
export function findPeerFault(address: string | undefined, policy: ReceiverPolicy): Error | null {
  if (address === undefined) {
    return Object.assign(new Error('the connection was reset as soon as it was made'), { code: 'ECONNRESET' })
  }
  return isAddressAllowed(address, policy) ? null : new AddressNotAllowedError(address)
}
