import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { ensureApiKeyFile } from './api-key-file.ts'

let folder: string

beforeEach(async () => {
  folder = await makeTemporaryFolder()
})

describe('the API key of a data folder', () => {
  it('is made once, and only its owner can read it', async () => {
    const made = ensureApiKeyFile(folder)
    expect(made).toEqual({ file: join(folder, 'api-key'), key: expect.stringMatching(/^rik_[\w-]{43}$/), isNew: true })
    expect(ensureApiKeyFile(folder)).toEqual({ ...made, isNew: false })
    expect(await readdir(folder)).toEqual(['api-key'])
    expect(await readFile(made.file, 'utf8')).toBe(`${made.key}\n`)
    expect((await stat(made.file)).mode & 0o777).toBe(0o600)
  })

  it('is taken as a person wrote it, and closed to others', async () => {
    const file = join(folder, 'api-key')
    await writeFile(file, '  my-own-key-of-1234  \n\n')
    await chmod(file, 0o644)
    expect(ensureApiKeyFile(folder)).toEqual({ file, key: 'my-own-key-of-1234', isNew: false })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it.each(['', 'short', 'has a space inside of it'])('is refused in one line when it is %j', async (text) => {
    await writeFile(join(folder, 'api-key'), text)
    expect(() => ensureApiKeyFile(folder)).toThrow(/^\S+api-key holds no API key; expected .*$/)
  })
})
