/** A setup file of vitest's: it runs for each test file, before it. Hooks run last in, first out: this one comes last. */
import { afterAll } from 'vitest'

import { beginFile, releaseFile } from './after-file.ts'

beginFile()
afterAll(releaseFile)
