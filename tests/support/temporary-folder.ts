import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterFile } from './after-file.ts'

/** A folder that is removed when the test file is done. */
export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'importer-test-'))
  afterFile(async () => rm(folder, { recursive: true, force: true }))
  return folder
}
