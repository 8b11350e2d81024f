import { EventEmitter, once } from 'node:events'

import { afterEach, describe, expect, test } from 'vitest'

import { startNameServer, type NameServer, type Zone } from '../test/start-name-server.ts'
import { boundLookups } from './bound-lookups.ts'
import { createResolveHost, type ResolvedAddress, type ResolveOptions } from './resolve-host.ts'

const FOUR: ResolvedAddress = { address: '192.0.2.7', family: 4 }
const SIX: ResolvedAddress = { address: '2001:db8::7', family: 6 }

const servers: NameServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => server.stop()))
})

/** A resolver that asks a name server of the test's, and a machine that knows what `hosts` says. */
async function prepare(zone: Zone, hosts: Readonly<Record<string, ResolvedAddress>> = {}, more: ResolveOptions = {}) {
  const server = await startNameServer(zone)
  servers.push(server)
  const systemQueries: string[] = []
  const querySystem = async (host: string): Promise<ResolvedAddress[]> => {
    systemQueries.push(host)
    const known = hosts[host]
    if (known === undefined) throw new Error('ENOTFOUND')
    return [known]
  }
  const resolveHost = createResolveHost({ servers: [server.address], querySystem, ...more })
  return { server, resolveHost, systemQueries }
}

describe('a name', () => {
  test.each<[string, Zone[string], readonly ResolvedAddress[]]>([
    ['with an IPv4 address', { A: [FOUR.address] }, [FOUR]],
    ['with an IPv6 address', { AAAA: [SIX.address] }, [SIX]],
    ['with both', { A: [FOUR.address], AAAA: [SIX.address] }, [FOUR, SIX]],
    ['whose IPv6 addresses nobody reports', { A: [FOUR.address], AAAA: 'no answer' }, [FOUR]],
  ])('%s is known to the name server, and nobody else is asked', async (_name, known, addresses) => {
    // Whoever waited for a query that is not answered would wait longer than the test.
    const { resolveHost, systemQueries } = await prepare(
      { 'hooks.example.com': known },
      {},
      { serverTimeoutMs: 60_000 },
    )
    expect(await resolveHost('hooks.example.com')).toEqual(addresses)
    expect(systemQueries).toEqual([])
  })

  test('that the name server does not know is asked of the machine', async () => {
    const { resolveHost, systemQueries } = await prepare({}, { receiver: FOUR })
    expect(await resolveHost('receiver')).toEqual([FOUR])
    await expect(resolveHost('nowhere.example.com')).rejects.toThrow('ENOTFOUND')
    expect(systemQueries).toEqual(['receiver', 'nowhere.example.com'])
  })

  test.each(['localhost', 'LOCALHOST.', 'hooks.localhost'])('%s is this machine, and nobody is asked', async (host) => {
    const { resolveHost, server, systemQueries } = await prepare({})
    expect(await resolveHost(host)).toEqual([
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ])
    expect([server.queries, systemQueries]).toEqual([[], []])
  })

  test('is not delayed by others about which the name server is silent, and the machine too', async () => {
    const dead = Array.from({ length: 20 }, (_, index) => `dead${index}.example.com`)
    const silent = Object.fromEntries(dead.map((host) => [host, { A: 'no answer', AAAA: 'no answer' } as const]))
    const queries = new EventEmitter()
    const machineIsQueried = once(queries, 'dead')
    const querySystem = async (host: string): Promise<ResolvedAddress[]> => {
      if (host === 'receiver') return [FOUR]
      queries.emit('dead')
      return new Promise(() => {})
    }
    const options = { querySystem, serverTimeoutMs: 100, timeoutMs: 2_000 }
    const { resolveHost } = await prepare({ ...silent, 'hooks.example.com': { A: [FOUR.address] } }, {}, options)
    const failed = Promise.allSettled(dead.map(async (host) => resolveHost(host)))
    await machineIsQueried
    // Behind the dead ones there is no time left for a look-up of their own.
    expect(await Promise.all([resolveHost('hooks.example.com'), resolveHost('receiver')])).toEqual([[FOUR], [FOUR]])
    expect(new Set((await failed).map(({ status }) => status))).toEqual(new Set(['rejected']))
  })
})

describe('look-ups by the machine', () => {
  /** Each look-up ends when the test says so. */
  function prepareLookups(atOnce: number) {
    const begun: string[] = []
    const ends = new Map<string, (addresses: ResolvedAddress[]) => void>()
    const lookup = boundLookups(async (host) => {
      begun.push(host)
      return new Promise((resolve) => {
        ends.set(host, resolve)
      })
    }, atOnce)
    return { begun, ends, lookup }
  }

  test('are a few at once, the others in turn', async () => {
    const { begun, ends, lookup } = prepareLookups(2)
    const all = ['one', 'two', 'three'].map(async (host) => lookup(host, 60_000))
    expect(begun).toEqual(['one', 'two'])
    ends.get('two')?.([FOUR])
    expect(await all[1]).toEqual([FOUR])
    expect(begun).toEqual(['one', 'two', 'three'])
    for (const host of ['one', 'three']) ends.get(host)?.([SIX])
    expect(await Promise.all(all)).toEqual([[SIX], [FOUR], [SIX]])
  })

  test('are made once for all who want the same name at the same time', async () => {
    const { begun, ends, lookup } = prepareLookups(1)
    const two = [lookup('one', 60_000), lookup('one', 60_000)]
    expect(begun).toEqual(['one'])
    ends.get('one')?.([FOUR])
    expect(await Promise.all(two)).toEqual([[FOUR], [FOUR]])
    const later = lookup('one', 60_000)
    expect(begun).toEqual(['one', 'one'])
    ends.get('one')?.([SIX])
    expect(await later).toEqual([SIX])
  })

  test('that nobody waits for any longer are not made', async () => {
    const { begun, ends, lookup } = prepareLookups(1)
    const first = lookup('one', 60_000)
    await expect(lookup('abandoned', 1)).rejects.toThrow('abandoned did not end in time')
    const last = lookup('last', 60_000)
    ends.get('one')?.([FOUR])
    await first
    expect(begun).toEqual(['one', 'last'])
    ends.get('last')?.([FOUR])
    expect(await last).toEqual([FOUR])
  })
})
