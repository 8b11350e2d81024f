import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { generateWebhookSecret } from '@importer/db'
import { chooseFreePort } from '@importer/embedded-postgres'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startSystem, TEST_KEY } from '../support/running-system.ts'
import { openShell } from '../support/shell-session.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
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

/** The indented block of the page that begins with these words, as somebody would paste it. */
async function readCommands(beginning: string): Promise<string> {
  const page = (await readFile(path.join(ROOT, 'docs/webhooks.md'), 'utf8')).split('\n')
  const first = page.findIndex((line) => line.startsWith(`    ${beginning}`))
  const length = page.slice(first).findIndex((line) => !line.startsWith('    '))
  return page
    .slice(first, first + length)
    .map((line) => line.slice(4))
    .join('\n')
}

test("the page's commands make an endpoint, start its receiver and send it a test", async () => {
  const allowed = { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' }
  const system = await startSystem({ env: allowed })
  const port = await chooseFreePort()
  // Where `npm start` was run: its key is in `.data`, the examples are in `docs`.
  const folder = await makeTemporaryFolder()
  await mkdir(path.join(folder, '.data'))
  await writeFile(path.join(folder, '.data/api-key'), `${TEST_KEY}\n`)
  await symlink(path.join(ROOT, 'docs'), path.join(folder, 'docs'))
  const shell = openShell({ cwd: folder, env: { PATH: process.env['PATH'] ?? '', PORT: String(port) } })

  const commands = (await readCommands('curl ')).replaceAll('8080', String(system.port)).replace('9000', String(port))
  const [make = '', start = '', send = ''] = commands.split(/\n(?=\S)/)
  const made = JSON.parse((await shell.run(make)).stdout) as { id: number; secret: string }
  expect(made).toMatchObject({ id: 1, url: `http://127.0.0.1:${port}/`, secret: expect.stringMatching(/^whsec_/) })
  const output = path.join(folder, 'receiver.txt')
  const receiverPid = Number(
    (await shell.run(`${start.replace('whsec_…', made.secret).replace(/&$/, `>${output} 2>&1 &`)}\necho $!`)).stdout,
  )
  const hasPrinted = async (words: string): Promise<boolean> =>
    (await readFile(output, 'utf8').catch(() => '')).includes(words)
  try {
    await waitUntil('the receiver listens', () => hasPrinted('listening'))
    expect(JSON.parse((await shell.run(send)).stdout)).toMatchObject({ eventType: 'webhook.test', endpointId: 1 })
    await waitUntil('the test has come', () => hasPrinted('webhook.test'))
  } finally {
    process.kill(receiverPid, 'SIGKILL')
    await shell.close()
    await system.stop()
  }
}, 60_000)
