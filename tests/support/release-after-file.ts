/** A setup file of vitest's: it runs for each test file, before it. Hooks run last in, first out: this one comes last. */
import { afterAll, afterEach } from 'vitest'

import { beginFile, releaseFile, showWitnesses } from './after-file.ts'

beginFile()
afterAll(releaseFile)
afterEach(({ task }) => {
  if (task.result?.state === 'fail') showWitnesses()
})
