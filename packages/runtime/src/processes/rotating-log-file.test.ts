import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { RotatingLogFile } from './rotating-log-file.ts'

it('keeps the last lines within its bound, over openings, and for its owner only', async () => {
  const file = join(await makeTemporaryFolder(), 'a.log')
  const fail = (error: unknown): never => {
    throw error
  }
  for (let line = 0; line < 10; line += 1) {
    const log = new RotatingLogFile(file, 30, fail)
    log.write(Buffer.from(`line number ${line}\n`))
    log.close()
  }
  expect(await readFile(file, 'utf8')).toBe('line number 8\nline number 9\n')
  expect(await readFile(`${file}.1`, 'utf8')).toBe('line number 6\nline number 7\n')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})
