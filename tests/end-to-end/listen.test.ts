import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import {
  InterruptedError,
  listCommands,
  openCommandLine,
  readExamples,
  splitWords,
  type CommandLine,
} from '../support/command-line.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const [UNTIL_INTERRUPTED = '', ONE_EVENT = ''] = readExamples(
  listCommands().find(({ name }) => name === 'listen')?.help ?? '',
)

let system: RunningSystem
let cli: CommandLine
let receiver: Server
let received: Received[] = []
let status = 204

beforeAll(async () => {
  // Private networks are refused: the importer itself would not deliver to this machine.
  system = await startSystem()
  cli = await openCommandLine(system)
  await openShop(system.client, 100)
  receiver = createServer((request, response) => {
    text(request).then(
      (body) => {
        received.push({ headers: request.headers, body })
        response.writeHead(status).end()
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    )
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})
afterEach(() => {
  received = []
  status = 204
})
afterAll(async () => {
  receiver.close()
  await system.stop()
})

/** An example of the help, but for the port. */
function forwardTo(example: string): string[] {
  const { port } = receiver.address() as AddressInfo
  return splitWords(example.replace('3000', String(port))).slice(1)
}

async function upload(from: number, to: number): Promise<number> {
  const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(from, to) })
  await system.client.waitUntilFinished(jobId)
  return jobId
}

test('sends what happens to a receiver on this machine, so that a published verifier accepts it', async () => {
  await upload(1, 3)
  let secret = ''
  let id = 0
  const uploads: Promise<void>[] = []
  const ended = await cli.run([...forwardTo(ONE_EVENT), '--json'], {
    onMessages: (stderr) => {
      const found = /Secret of this call, for the receiver: (whsec_\S+)\nForwarding/.exec(stderr)?.[1]
      if (found === undefined || secret !== '') return
      secret = found
      uploads.push(
        upload(4, 6).then((jobId) => {
          id = jobId
        }),
      )
    },
  })
  await Promise.all(uploads)
  expect(ended.exitCode).toBe(0)
  expect(JSON.parse(ended.stdout)).toMatchObject({
    secret,
    events: [{ type: 'import.completed', importId: id, status: 204, error: null }],
  })
  expect(received).toHaveLength(1)
  const [{ headers, body }] = received as [Received]
  const event = new Webhook(secret).verify(body, headers as Record<string, string>) as { data: object }
  expect(event).toMatchObject({ type: 'import.completed', data: { id, counts: { inserted: 3 }, status: 'completed' } })
  expect(event.data).toEqual(await system.client.readImport(id))
})

test('follows what happens to an older import, reports a receiver that refuses, and ends on Ctrl-C', async () => {
  const id = await upload(7, 9)
  status = 500
  const interrupt = new AbortController()
  let isReady = false
  const listening = cli.run(forwardTo(UNTIL_INTERRUPTED), {
    signal: interrupt.signal,
    onMessages: (stderr) => {
      isReady ||= stderr.includes('Forwarding to')
      if (/import\.reverted \d+: 500 in \d+ ms\n/.test(stderr)) interrupt.abort(new InterruptedError())
    },
  })
  await waitUntil('it listens', () => isReady)
  expect(await cli.run(['revert', String(id), '--yes', '--wait'])).toMatchObject({ exitCode: 0 })
  expect(await listening).toMatchObject({ exitCode: 130 })
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'import.reverted', data: { id } })
})

test('has the id of the delivery where the webhook is delivered too, and sends tests of endpoints', async () => {
  const made = await cli.run(['webhooks', 'create', '--endpoint-url', 'https://example.com/hook', '--json'])
  const endpoint = JSON.parse(made.stdout) as { id: number }
  const interrupt = new AbortController()
  let isReady = false
  const listening = cli.run([...forwardTo(UNTIL_INTERRUPTED), '--json'], {
    signal: interrupt.signal,
    onMessages: (stderr) => {
      isReady ||= stderr.includes('Forwarding to')
    },
  })
  await waitUntil('it listens', () => isReady)
  expect(await cli.run(['webhooks', 'test', String(endpoint.id)])).toMatchObject({ exitCode: 0 })
  const id = await upload(10, 12)
  await waitUntil('both have come', () => received.length === 2)
  interrupt.abort(new InterruptedError())
  await listening
  const { stdout } = await cli.run(['webhooks', 'deliveries', '--json'])
  const { items } = JSON.parse(stdout) as { items: { webhookId: string; eventType: string; importId: number | null }[] }
  const about = (type: string) => items.find(({ eventType }) => eventType === type)?.webhookId
  expect(
    received.map(({ headers, body }) => [headers['webhook-id'], (JSON.parse(body) as { type: string }).type]),
  ).toEqual([
    [about('webhook.test'), 'webhook.test'],
    [about('import.completed'), 'import.completed'],
  ])
  expect(items.find(({ importId }) => importId === id)).toBeDefined()
})

test('ends well with --timeout, unless more events were expected', async () => {
  const ended = await cli.run([...forwardTo(UNTIL_INTERRUPTED), '--timeout', '3s'])
  expect(ended).toMatchObject({ exitCode: 0, stdout: '0 events forwarded\n' })
  expect(await cli.run([...forwardTo(ONE_EVENT), '--timeout', '1s'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('not done within 1 s (--timeout)'),
  })
})

test('refuses what is no address', async () => {
  expect(await cli.run(['listen', '--forward-to', 'localhost:3000'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('expected one such as http://localhost:3000/hook'),
  })
})
