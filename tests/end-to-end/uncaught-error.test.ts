import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { chooseFreePort } from '@importer/embedded-postgres'
import { beforeAll, expect, test } from 'vitest'

import { startApp } from '../support/app-process.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const PROVOKER = pathToFileURL(path.join(import.meta.dirname, '../support/provoke-error.fixture.ts')).href

let env: Record<string, string>

beforeAll(async () => {
  env = {
    DATABASE_URL: (await createTestDatabase()).url,
    DATA_DIR: await makeTemporaryFolder(),
    NODE_OPTIONS: `--import ${TSX} --import ${PROVOKER}`,
  }
})

test.concurrent.each([
  ['intake', 'SIGUSR2', 'uncaughtException'],
  ['worker', 'SIGHUP', 'unhandledRejection'],
] as const)('%s says in one line of its log why it ends, on %s', { timeout: 60_000 }, async (app, signal, origin) => {
  const running = await startApp(app, { env: { ...env, PORT: String(await chooseFreePort()) } })
  process.kill(running.pid, signal)
  expect(await running.exited).toBe('exit code 1')
  const lines = running.readOutput().trim().split('\n')
  const last: unknown = JSON.parse(lines.at(-1) ?? '')
  expect(last).toMatchObject({
    level: 'fatal',
    name: app,
    origin,
    msg: expect.stringMatching(/^uncaught error/),
    err: {
      type: 'Error',
      message: 'provoked: the cause of it',
      stack: expect.stringMatching(/provoke-error.*caused by: TypeError: the cause of it/s),
    },
  })
  // Nothing beside the log: whoever reads it line by line reads all of it.
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('level')
})
