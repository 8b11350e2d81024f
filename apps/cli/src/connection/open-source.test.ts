import path from 'node:path'
import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { openSource } from './open-source.ts'

const FOLDER = import.meta.dirname

test.each([
  ['missing.csv', `there is no file ${path.join(FOLDER, 'missing.csv')}; expected a CSV or Excel file`],
  ['.', `${FOLDER} is a folder; expected a CSV or Excel file`],
  [`retry.ts/x.csv`, `${path.join(FOLDER, 'retry.ts/x.csv')} cannot be read (ENOTDIR); expected a CSV or Excel file`],
])('%s is refused with what it is', async (file, message) => {
  const terminal = { stdin: new PassThrough(), env: { callerFolder: FOLDER } } as unknown as Parameters<
    typeof openSource
  >[1]['terminal']
  const opening = openSource(file, { terminal, signal: new AbortController().signal })
  await expect(opening).rejects.toThrow(message)
})
