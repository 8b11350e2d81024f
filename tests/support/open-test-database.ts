import { openDatabase, type SystemDatabase } from '@importer/db'

import { afterFile } from './after-file.ts'

/** A database as our programs open it, closed when the test file is done, after the file's own hooks. */
export function openTestDatabase(
  url: string,
  options: Partial<Parameters<typeof openDatabase>[0]> = {},
): SystemDatabase {
  const database = openDatabase({
    url,
    applicationName: 'test',
    maxConnections: 4,
    onConnectionLost: () => undefined,
    ...options,
  })
  afterFile(async () => database.close())
  return database
}
