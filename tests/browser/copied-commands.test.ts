import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { makeCurl } from '../../apps/dashboard/src/api/make-curl.ts'

/** The commands that the page shows, run by shells as somebody pastes them; a server keeps what arrives. */

const KEY = 'key-0123456789-"$HOME"'
const SHELLS = ['sh', 'bash', 'zsh']

/** What a shell or curl would take for something else. */
const AWKWARD = [
  `it's`,
  `'; touch made-by-the-shell; '`,
  `"quoted"`,
  'a b  c ',
  '@/etc/passwd',
  '<make-curl.ts',
  '$HOME ${KEY} $(id) `id`',
  'back\\slash \\n \\',
  'two\nlines\n',
  'tab\tand\r\nline end',
  'Grüße, 東京 🎟',
  'a;type=text/html;filename=b,c=d&e=f+g%20h',
  '!! !history #comment ~ * ? [a-z] {a,b}',
  '-X DELETE',
  '',
]

interface Received {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly contentType: string
  readonly body: Buffer
}

let server: Server
let folder: string
let received: Received[] = []

beforeAll(async () => {
  folder = await makeTemporaryFolder()
  server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    const keep = (body: Buffer) => {
      received.push({
        method,
        url,
        authorization: headers.authorization,
        contentType: headers['content-type'] ?? '',
        body,
      })
      response.end()
    }
    buffer(request).then(keep, () => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A page's own address is all that the command needs of a browser.
  vi.stubGlobal('window', { location: { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } })
})
afterAll(() => {
  vi.unstubAllGlobals()
  server.close()
})

/** Runs the command in the folder, and gives the one request that it made. */
async function run(shell: string, command: string): Promise<Received> {
  received = []
  const env = { PATH: process.env['PATH'], HOME: folder, KEY }
  const { stderr } = await promisify(execFile)(shell, ['-c', command], { cwd: folder, env })
  expect(stderr).toBe('')
  const [request, ...others] = received
  expect(others).toEqual([])
  if (request === undefined) throw new Error('nothing arrived')
  expect(request.authorization).toBe(`Bearer ${KEY}`)
  return request
}

/** Parts of a form by name, as an independent reader has them. */
async function readForm({ contentType, body }: Received): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { 'Content-Type': contentType } }).formData()
}

describe.each(SHELLS)('pasted into %s', (shell) => {
  test('a search arrives as it was typed', async () => {
    for (const q of AWKWARD) {
      const { method, url } = await run(shell, makeCurl('listImports', { q, limit: 10 }))
      const { pathname, searchParams } = new URL(url, 'http://server')
      expect([method, pathname, searchParams.get('q') ?? '']).toEqual(['GET', '/v1/imports', q])
    }
  })

  test('a name in a path does', async () => {
    for (const name of AWKWARD.filter((text) => text !== '')) {
      const { url } = await run(shell, makeCurl('showImportProfile', { name }))
      expect(decodeURIComponent(url.replace('/v1/import-profiles/', ''))).toBe(name)
    }
  })

  test('corrections arrive as they were made', async () => {
    const corrections = AWKWARD.map((from) => ({ column: 'till', from, to: `${from}'` }))
    const json = { corrections, dryRun: false }
    const { method, contentType, body } = await run(shell, makeCurl('retryRejected', { importId: '1' }, { json }))
    expect([method, contentType, JSON.parse(body.toString())]).toEqual(['POST', 'application/json', json])
  })

  test('the fields of an upload do, and a file of any name', async () => {
    const form = Object.fromEntries(AWKWARD.map((value, i) => [`field${i}`, value]))
    for (const [i, text] of AWKWARD.entries()) {
      // No file has a name with a slash in it, or none.
      const name = `${text.replaceAll('/', '_')}${i}.csv`
      await writeFile(path.join(folder, name), `row of ${i}\r\n`)
      const sent = await run(shell, makeCurl('createImport', { seriesId: '7' }, { form, file: name }))
      expect([sent.method, sent.url]).toEqual(['POST', '/v1/series/7/imports'])
      const { file, ...fields } = Object.fromEntries(await readForm(sent))
      expect(fields).toEqual(form)
      if (!(file instanceof File)) throw new Error('the file did not arrive as one')
      expect([file.name, await file.text()]).toEqual([name, `row of ${i}\r\n`])
    }
  })
})
