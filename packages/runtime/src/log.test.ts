import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { expect, it } from 'vitest'

import { createLog } from './log.ts'

const LOST_READER = fileURLToPath(new URL('../tests/support/lost-reader.fixture.ts', import.meta.url))
const ENDING_PROCESS = fileURLToPath(new URL('../tests/support/ending-process.fixture.ts', import.meta.url))
const TSX = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]

function capture(level: 'info' | 'silent' = 'info') {
  const lines: string[] = []
  const log = createLog({ name: 'intake', level, destination: { write: (line) => lines.push(line) } })
  return { log, lines }
}

it('writes one JSON object per line with level, time and the name of the process', () => {
  const { log, lines } = capture()
  log.info({ importId: 7 }, 'line\nbreak')
  log.debug('not at this level')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^[^\n]+\n$/)
  const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  expect(entry).toMatchObject({ level: 'info', name: 'intake', importId: 7, msg: 'line\nbreak' })
  expect(entry['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

it('leaves secrets out', () => {
  const { log, lines } = capture()
  log.info({ apiKey: 'hunter2', databaseUrl: 'hunter2', BOOTSTRAP_API_KEY: 'hunter2' }, 'start')
  log.info({ req: { headers: { authorization: 'hunter2', 'x-cap-api-oauth-token': 'hunter2' } } }, 'request')
  log.info({ env: { REDIS_URL: 'hunter2' } }, 'environment')
  log.info({ a: { b: [{ c: { d: { password: 'hunter2' } } }] } }, 'deep')
  log.info({ failed: Object.assign(new Error('no'), { detail: 'hunter2' }) }, 'an error by another name')
  const endless: Record<string, unknown> = { secret: 'hunter2' }
  endless['self'] = endless
  log.info({ endless }, 'contains itself')
  expect(lines.join('')).not.toContain('hunter2')
  expect(lines.join('').match(/\[redacted\]/g)?.length).toBeGreaterThan(7)
  expect(lines).toHaveLength(6)
})

it('leaves out what a file says, and credentials that the message of an error quotes', () => {
  const { log, lines } = capture()
  log.info({ mobile: '919900000001', row: ['919900000001'], customer: { email: 'a@example.com' } }, 'cells')
  const detail = 'Key (mobile)=(919900000001) already exists.'
  const cause = Object.assign(new Error('connect postgresql://user:919900000001@host/db'), { detail })
  const words = 'no answer for a@example.com with whsec_919900000001 and rik_919900000001'
  log.error({ err: Object.assign(new Error(words, { cause }), { code: '23505', detail, meta: { detail } }) }, 'failed')
  expect(lines.join('')).not.toMatch(/919900000001|a@example/)
  const { err } = JSON.parse(lines[1] ?? '') as { err: Record<string, string> }
  expect(Object.keys(err)).toEqual(['type', 'message', 'stack', 'code'])
  expect(err['message']).toBe(
    'no answer for [redacted] with [redacted] and [redacted]: connect postgresql://[redacted]@host/db',
  )
  expect(err['stack']).toContain('log.test.ts')
})

it('is silent when set so', () => {
  const { log, lines } = capture('silent')
  log.fatal('nothing')
  expect(lines).toEqual([])
})

it.each([
  ['exit', ['first', 'second']],
  ['warn and be killed', ['first', 'second', 'third']],
  ['go on', ['first', 'second']],
])('what is logged is written by a process that is to %s', async (end, messages) => {
  const child = fork(ENDING_PROCESS, [end], { execArgv: TSX, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  try {
    const seen: unknown[] = []
    for await (const line of createInterface(child.stdout as Readable)) {
      seen.push((JSON.parse(line) as { msg: unknown }).msg)
      if (seen.length === messages.length) break
    }
    expect(seen).toEqual(messages)
  } finally {
    child.kill('SIGKILL')
  }
})

it('a process whose log nobody reads any more goes on, and ends', async () => {
  const child = fork(LOST_READER, { execArgv: TSX, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  try {
    await once(child, 'message')
    child.stdout?.destroy()
    child.disconnect()
    expect(await exited).toEqual([3, null])
  } finally {
    child.kill('SIGKILL')
  }
})
