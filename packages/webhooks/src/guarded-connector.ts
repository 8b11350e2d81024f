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
}

/**
 * Connects to nothing but allowed addresses. A name is resolved once for each connection, and the very addresses that
 * were judged are those connected to, so a name server that changes its answer gains nothing; one refused address among
 * several refuses the name. Addresses written as such skip the look-up in Node, so they are judged here.
 */
export function createGuardedConnector({ policy, resolveHost, timeoutMs }: ConnectorOptions): buildConnector.connector {
  const lookup: LookupFunction = (host, options, answer) => {
    resolveAllowed(host).then(
      (addresses) => {
        const [first] = addresses
        if (options.all === true) answer(null, [...addresses])
        else if (first !== undefined) answer(null, first.address, first.family)
      },
      (error: unknown) => answer(error instanceof Error ? error : new Error(String(error)), []),
    )
  }

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

  const connect = buildConnector({ lookup, timeout: timeoutMs, allowH2: false, maxCachedSessions: 0 })
  return (options, done) => {
    const host = bareHost(options)
    if (isIP(host) !== 0 && !isAddressAllowed(host, policy)) {
      done(new AddressNotAllowedError(host), null)
      return
    }
    connect(options, (...result) => {
      const [error, socket] = result
      if (error === null && !isAddressAllowed(socket.remoteAddress ?? '', policy)) {
        socket.destroy()
        done(new AddressNotAllowedError(socket.remoteAddress ?? host), null)
        return
      }
      done(...result)
    })
  }
}
