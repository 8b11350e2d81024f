import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { generateWebhookSecret } from '@importer/db'
import { chooseFreePort } from '@importer/runtime'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '..')
const EXAMPLE = path.join(ROOT, 'docs/examples/receive-webhooks.mjs')
const SECRET = generateWebhookSecret()
const BODY = '{"type":"import.completed","timestamp":"2026-01-01T00:00:00.000Z","data":{"id":7}}'

let receiver: ChildProcess
let url: string
const lines: string[] = []

beforeAll(async () => {
  const port = await chooseFreePort()
  url = `http://127.0.0.1:${port}/`
  const env = { PATH: process.env['PATH'] ?? '', WEBHOOK_SECRET: SECRET, PORT: String(port) }
  receiver = spawn(process.execPath, [EXAMPLE], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  if (receiver.stdout === null) throw new Error('the example has no output')
  const output = createInterface({ input: receiver.stdout })
  output.on('line', (line) => lines.push(line))
  await once(output, 'line')
})
afterAll(() => {
  receiver.kill('SIGKILL')
})

async function post(id: string, body: string, signedAt = new Date(), signedBody = body): Promise<number> {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(id, signedAt, signedBody),
  }
  return (await fetch(url, { method: 'POST', headers, body })).status
}

test('the documented receiver takes what is signed, once, and refuses what is changed or old', async () => {
  expect(await post('msg_1', BODY)).toBe(204)
  expect(await post('msg_1', BODY)).toBe(204)
  expect(await post('msg_2', BODY.replace('7', '8'), new Date(), BODY)).toBe(400)
  expect(await post('msg_3', BODY, new Date(Date.now() - 600_000))).toBe(400)
  expect(await post('msg_4', BODY.replace('7', '9'))).toBe(204)
  expect(lines.slice(1)).toEqual(['import.completed 7 ', 'import.completed 9 '])
})

test('the page shows the very file', async () => {
  const page = await readFile(path.join(ROOT, 'docs/webhooks.md'), 'utf8')
  expect(page).toContain(`\`\`\`js\n${(await readFile(EXAMPLE, 'utf8')).trimEnd()}\n\`\`\``)
})
