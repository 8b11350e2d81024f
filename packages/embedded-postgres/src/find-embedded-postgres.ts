import { resolve } from 'node:path'

import {
  describeClusterFolder,
  doesClusterExist,
  makeDatabaseUrls,
  readPidFile,
  type DatabaseUrls,
} from './cluster-folder.ts'
import { listClusterProcesses } from './cluster-processes.ts'

/**
 * The PostgreSQL that another process runs for this data folder, for a program beside `npm start`; null when none runs.
 * Throws when the folder is not this user's to read.
 */
export function findEmbeddedPostgres({ dataDir }: { readonly dataDir: string }): DatabaseUrls | null {
  const folder = describeClusterFolder(resolve(dataDir))
  if (!doesClusterExist(folder)) return null
  const pidFile = readPidFile(folder)
  if (pidFile === null || !listClusterProcesses(folder).includes(pidFile.pid)) return null
  return makeDatabaseUrls(folder, pidFile.port)
}
