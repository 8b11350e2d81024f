import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startFaultyReceiver, type FaultyReceiver } from '../test/start-faulty-receiver.ts'
import { startReceiver } from '../test/start-receiver.ts'
import { isAddressAllowed } from './address-policy.ts'
import { createGuardedConnector, createGuardedLookup, findPeerFault } from './guarded-connector.ts'
import { findUrlFault } from './receiver-url.ts'
import type { ResolvedAddress } from './resolve-host.ts'
import { sendWebhook } from './send-webhook.ts'

const STRICT = { allowHttp: true, allowPrivateNetworks: false }
/** Somebody's: for look-ups, never to be connected to. */
const PUBLIC: ResolvedAddress = { address: '203.0.114.7', family: 4 }

/** Answers 200 to whatever reaches it: on the loopback addresses of both families, at the same port. */
let trap: FaultyReceiver
let trap6: FaultyReceiver
const answer = (socket: { end(text: string): unknown }): unknown =>
  socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
beforeAll(async () => {
  trap = await startFaultyReceiver(answer, { atOnce: true })
  trap6 = await startFaultyReceiver(answer, { host: '::1', atOnce: true })
})
afterAll(async () => {
  await trap.stop()
  await trap6.stop()
})

const HOSTILE_HOSTS = [
  // Loopback in every notation that the URL standard reads as an address.
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '2130706433',
  '017700000001',
  '0x7f000001',
  '0x7f.0x0.0x0.0x1',
  '0177.0.0.1',
  '127.0.0.1.',
  '127%2e0%2e0%2e1',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '0',
  '0.0.0.0',
  '0x0',
  'localhost',
  'LOCALHOST.',
  'hooks.localhost',
  // Private, link-local, shared and special ranges.
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '3232235521',
  '100.64.0.1',
  '100.127.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  // Metadata services.
  '169.254.169.254',
  '169.254.1.1',
  '0xa9fea9fe',
  '2852039166',
  '100.100.100.200',
  '168.63.129.16',
  '[fd00:ec2::254]',
  // IPv6, and IPv4 within it.
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[fe80::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[ff02::1]',
  '[2001:db8::1]',
  '[100::1]',
]

describe('nothing is connected to at', () => {
  test.each(HOSTILE_HOSTS)('http://%s/', async (host) => {
    const port = host.includes(':') ? trap6.port : trap.port
    const url = `http://${host}:${port}/`
    expect(findUrlFault(url, STRICT)).toMatch(/private or reserved/)
    // The guard of the connection by itself, for a name that came through all the same.
    const hostname = new URL(url).hostname.replace(/\.$/, '')
    const failure = await connectTo(hostname, [{ address: '127.0.0.1', family: 4 }])
    expect(failure).toMatch(/private or reserved/)
    expect(await sendTo(url, [{ address: '127.0.0.1', family: 4 }])).toMatchObject({
      httpStatus: null,
      errorCode: 'URL_NOT_ALLOWED',
    })
    expect([trap.connections, trap6.connections]).toEqual([0, 0])
  })

  test.each([
    'http://user:password@hooks.example.com/',
    'http://user@hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'gopher://hooks.example.com/',
    'javascript:alert(1)',
    'data:text/plain,x',
    '//hooks.example.com/',
    'hooks.example.com',
    'http://',
    'http:// hooks.example.com/',
    'http://hooks.example.com/\r\nHost: 127.0.0.1',
    'http://hooks.example.com\\@127.0.0.1/',
    'http://[fe80::1%25eth0]/',
    'http://256.0.0.1/',
    `http://hooks.example.com/${'a'.repeat(2_048)}`,
  ])('%s', async (url) => {
    expect(findUrlFault(url, STRICT)).not.toBeNull()
    expect(await sendTo(url, [{ address: '127.0.0.1', family: 4 }])).toMatchObject({ errorCode: 'URL_NOT_ALLOWED' })
    expect([trap.connections, trap6.connections]).toEqual([0, 0])
  })

  test('http:, unless it is allowed', () => {
    expect(findUrlFault('http://hooks.example.com/', { ...STRICT, allowHttp: false })).toMatch(/expected https:/)
    expect(findUrlFault('https://hooks.example.com/', { ...STRICT, allowHttp: false })).toBeNull()
  })
})

const label = (length: number): string => 'a'.repeat(length)
const name253 = [label(63), label(63), label(63), label(61)].join('.')

test.each([
  ['a label of 63', `https://${label(63)}.example.com/`, null],
  ['a label of 64', `https://${label(64)}.example.com/`, /too long/],
  ['a name of 253', `https://${name253}/`, null],
  ["a name of 253 with the root's dot", `https://${name253}./`, null],
  ['a name of 254', `https://${name253}a/`, /too long/],
  ['a name that punycode makes longer', `https://${'界'.repeat(1_900)}/`, /too long/],
])('the length of a host: %s', (_name, url, fault) => {
  if (fault === null) expect(findUrlFault(url, STRICT)).toBeNull()
  else expect(findUrlFault(url, STRICT)).toMatch(fault)
})

describe('a name', () => {
  test.each([
    ['127.0.0.1', 4],
    ['10.1.2.3', 4],
    ['169.254.169.254', 4],
    ['::1', 6],
    ['::ffff:127.0.0.1', 6],
    ['fe80::1', 6],
    ['64:ff9b::a9fe:a9fe', 6],
    ['0.0.0.0', 4],
  ] as const)('that resolves to %s is not connected to', async (address, family) => {
    const url = `http://hooks.example.com:${trap.port}/`
    expect(await sendTo(url, [{ address, family }])).toMatchObject({ errorCode: 'ADDRESS_NOT_ALLOWED' })
    expect(await sendTo(url, [PUBLIC, { address, family }])).toMatchObject({ errorCode: 'ADDRESS_NOT_ALLOWED' })
    expect([trap.connections, trap6.connections]).toEqual([0, 0])
  })

  test('that is public at first and private later is checked at each look-up, and nobody is asked in its stead', async () => {
    const queries: string[] = []
    const answers: ResolvedAddress[] = [PUBLIC, { address: '127.0.0.1', family: 4 }]
    const resolveHost = async (host: string) => {
      queries.push(host)
      return answers.slice(queries.length - 1, queries.length)
    }
    // Nothing is connected to at the public address: it is somebody's. What a connection is given is looked at instead.
    const lookup = createGuardedLookup({ policy: STRICT, resolveHost })
    const lookUp = async () =>
      new Promise((resolve) => {
        lookup('rebinding.example.com', { all: true }, (error, addresses) => resolve(error?.message ?? addresses))
      })
    expect(await lookUp()).toEqual([PUBLIC])
    expect(await lookUp()).toBe('127.0.0.1 is private or reserved')
    expect(queries).toHaveLength(2)
  })

  test('that is allowed at first and refused later is checked at each connection, by the address that is used', async () => {
    const receiver = await startReceiver()
    const queries: string[] = []
    const answers: ResolvedAddress[] = [
      { address: '127.0.0.1', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ]
    const resolveHost = async (host: string) => {
      queries.push(host)
      return answers.slice(queries.length - 1, queries.length)
    }
    const policy = { allowHttp: true, allowPrivateNetworks: true }
    const send = async () => sendTo(`http://rebinding.example.com:${new URL(receiver.url).port}/`, resolveHost, policy)
    expect(await send()).toMatchObject({ httpStatus: 204 })
    expect(await send()).toMatchObject({ httpStatus: null, errorCode: 'ADDRESS_NOT_ALLOWED' })
    await receiver.stop()
    expect(queries).toHaveLength(2)
    expect(receiver.received).toHaveLength(1)
  })

  test('is looked up once, and the address that was checked is the one connected to', async () => {
    const receiver = await startReceiver()
    const queries: string[] = []
    const resolveHost = async (host: string): Promise<ResolvedAddress[]> => {
      queries.push(host)
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const { port } = new URL(receiver.url)
    const policy = { allowHttp: true, allowPrivateNetworks: true }
    const result = await sendTo(`http://hooks.example.com:${port}/`, resolveHost, policy)
    await receiver.stop()
    expect(result.httpStatus).toBe(204)
    expect(queries).toEqual(['hooks.example.com'])
    expect(receiver.received[0]?.headers['host']).toBe(`hooks.example.com:${port}`)
  })
})

test.each([
  ['8.8.8.8', true, true],
  ['203.0.114.7', true, true],
  ['2606:4700::1111', true, true],
  ['::ffff:8.8.8.8', true, true],
  // Behind NAT64.
  ['64:ff9b::808:808', true, true],
  ['64:ff9b::a00:1', false, true],
  ['64:ff9b:1::808:808', false, false],
  ['127.0.0.1', false, true],
  ['10.0.0.1', false, true],
  ['fd12::1', false, true],
  ['169.254.7.7', false, true],
  ['100.64.0.1', false, true],
  ['::ffff:192.168.0.1', false, true],
  ['169.254.169.254', false, false],
  ['::ffff:169.254.169.254', false, false],
  ['fd00:ec2::254', false, false],
  ['168.63.129.16', false, false],
  ['0.0.0.0', false, false],
  ['224.0.0.1', false, false],
  ['255.255.255.255', false, false],
  ['::', false, false],
  ['nonsense', false, false],
  ['', false, false],
])('%s may be sent to: %s, and where private networks are allowed: %s', (address, byDefault, whereAllowed) => {
  expect(isAddressAllowed(address, STRICT)).toBe(byDefault)
  expect(isAddressAllowed(address, { ...STRICT, allowPrivateNetworks: true })).toBe(whereAllowed)
})

test.each([
  ['127.0.0.1', 'private or reserved', undefined],
  ['::ffff:10.0.0.1', 'private or reserved', undefined],
  [undefined, 'reset as soon as it was made', 'ECONNRESET'],
])('a connection to %s is given up: %s', (address, message, code) => {
  expect(findPeerFault(address, STRICT)).toMatchObject({
    message: expect.stringContaining(message),
    ...(code && { code }),
  })
  expect(findPeerFault(PUBLIC.address, STRICT)).toBeNull()
})

async function sendTo(
  url: string,
  addresses: ResolvedAddress[] | ((host: string) => Promise<ResolvedAddress[]>),
  policy = STRICT,
) {
  return sendWebhook({
    url,
    headers: {},
    body: '{}',
    policy,
    resolveHost: typeof addresses === 'function' ? addresses : async () => addresses,
    signal: new AbortController().signal,
    timeoutMs: 300,
  })
}

/** What the connector says when it is asked for a connection straight away. */
async function connectTo(hostname: string, addresses: ResolvedAddress[]): Promise<string> {
  const connect = createGuardedConnector({ policy: STRICT, resolveHost: async () => addresses, timeoutMs: 300 })
  return new Promise((resolve) => {
    connect({ hostname, protocol: 'http:', port: String(trap.port) }, (error, socket) => {
      socket?.destroy()
      resolve(error === null ? 'connected' : error.message)
    })
  })
}
