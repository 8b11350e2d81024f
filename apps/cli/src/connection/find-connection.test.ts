import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { beforeEach, expect, test } from 'vitest'

import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { readCliEnvironment } from '../env.ts'
import { findConnection } from './find-connection.ts'

const KEY = 'the-key-of-npm-start'
const LAN = 'http://192.168.1.5:9000'

let folder: string

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  await writeFile(path.join(folder, 'api-key'), `${KEY}\n`)
})

function readOwn(env: Readonly<Record<string, string>> = {}) {
  return { env: readCliEnvironment({ DATA_DIR: folder, ...env }) }
}

test('the npm start of DATA_DIR is found where it says that it answers, whatever the environment says here', async () => {
  await writeFile(path.join(folder, 'address'), `${LAN}\n`)
  expect(await findConnection(readOwn({ PORT: '8081' }), {})).toEqual({ url: LAN, apiKey: KEY })
  expect(await findConnection(readOwn(), { url: `${LAN}/` })).toEqual({ url: LAN, apiKey: KEY })
})

test.each([
  [{}, 'http://127.0.0.1:8080'],
  [{ HOST: '::1' }, 'http://[::1]:8080'],
  [{ HOST: '0.0.0.0', PORT: '9000' }, 'http://localhost:9000'],
  [{ HOST: '192.168.1.5', PORT: '9000' }, LAN],
])('without its word it is where one would answer by the environment: %o', async (env, url) => {
  expect(await findConnection(readOwn(env), {})).toEqual({ url, apiKey: KEY })
})

test('its key is sent to no other machine', async () => {
  await writeFile(path.join(folder, 'address'), `${LAN}\n`)
  const refused = { message: expect.stringContaining('there is no API key for'), exitCode: 4 }
  await expect(findConnection(readOwn(), { url: 'http://192.168.1.6:9000' })).rejects.toMatchObject(refused)
  await expect(findConnection(readOwn({ REDEMPTIONS_URL: 'http://192.168.1.5' }), {})).rejects.toMatchObject(refused)
})

test('a file that holds no address is named', async () => {
  await writeFile(path.join(folder, 'address'), 'half')
  await expect(findConnection(readOwn(), {})).rejects.toThrow(/address holds no address; remove it/)
})
