import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { expect, test } from 'vitest'

import { startApp } from '../support/app-process.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import { LogSearch } from './log-search.ts'

const BROKEN = '{"level":"error","errorCode":"INTERNAL_ERROR","msg":"request"}'
const LOST = '{"level":"warn","importId":7,"msg":"this worker has lost the import: another worker has taken it"}'
/** So much that what a process is remembered to have printed does not reach back to its beginning. */
const LATER_LINES = 40_000

test('what a process printed long ago is found, though its output is kept no longer', async () => {
  const program = path.join(await makeTemporaryFolder(), 'prints.mjs')
  const later = `'{"level":"info"}\\n'.repeat(${LATER_LINES})`
  await writeFile(program, `process.stdout.write('${LOST}\\n${BROKEN}\\n' + ${later} + 'ready\\n')`)
  const logs = new LogSearch()
  const app = await startApp('worker', {
    env: {},
    file: program,
    isReady: (output) => output.endsWith('ready\n'),
    onLine: (line) => logs.search(line),
  })
  expect(app.readOutput()).not.toContain('INTERNAL_ERROR')
  expect(logs.lostImports).toBe(1)
  expect(() => logs.check()).toThrow(new BrokenPromiseError(`a request that failed unexpectedly: ${BROKEN}`))
})
