import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { nodeArgsOf } from './app-process.ts'
import { queryOnce } from './query-once.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

/** As the catalogue of jobs stands in a program's bundle. */
const PAYLOAD_VERSION = /(queue:"[a-z]+",version:)1\b/g
const QUEUES = 4

/** The program as a next version of it might be: the payloads of all its jobs have version 2. Gives its file. */
export async function makeNextVersion(app: 'intake' | 'worker'): Promise<string> {
  const file = (await nodeArgsOf(app)).at(-1) ?? ''
  const text = await readFile(file, 'utf8')
  const found = text.match(PAYLOAD_VERSION)?.length ?? 0
  if (found !== QUEUES) throw new Error(`${file} has ${found} queues whose payloads have version 1; expected ${QUEUES}`)
  const folder = path.join(await makeTemporaryFolder(), 'apps', app)
  await mkdir(folder, { recursive: true })
  const next = path.join(folder, 'main.mjs')
  await writeFile(next, text.replace(PAYLOAD_VERSION, '$12'))
  return next
}

/** The schema as a next version's migration might leave it, which only adds. */
export async function migrateToNextVersion(ownerUrl: string): Promise<void> {
  await queryOnce(ownerUrl, `ALTER TABLE import ADD COLUMN of_next_version text NOT NULL DEFAULT ''`)
  await queryOnce(ownerUrl, `ALTER TABLE redemption ADD COLUMN of_next_version text`)
  await queryOnce(
    ownerUrl,
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ('next-version', '', '29991231000000_next_version', now(), now(), 1)`,
  )
}
