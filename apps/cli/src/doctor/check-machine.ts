import { existsSync, type StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import path from 'node:path'

import { formatBytes } from '@importer/client/terminal'

import { finding, ok, type Check } from './check.ts'

/** https://nodejs.org/en/about/previous-releases: of the supported ones the oldest. */
const OLDEST_SUPPORTED_NODE = 22
const FEW_BYTES = 1_000_000_000
const FEW_SHARE = 0.05

export function checkNode(version = process.versions.node): Check {
  const major = Number(version.split('.')[0])
  if (major >= OLDEST_SUPPORTED_NODE) return ok('Node', version)
  // It works: that it gets no more security fixes is not a fault of this installation.
  return ok('Node', `${version}, which works and gets no more security fixes; ${OLDEST_SUPPORTED_NODE} and later do`)
}

/** Of the disk that holds the data folder, or will hold it. */
export async function checkDisk(dataDir: string): Promise<Check> {
  let folder = dataDir
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder)
  return checkSpace(await statfs(folder), folder)
}

/** `bavail` and `blocks` count blocks of `bsize` bytes. */
export function checkSpace(
  { bavail, blocks, bsize }: Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>,
  folder: string,
): Check {
  const free = bavail * bsize
  const found = `${formatBytes(free)} free of ${formatBytes(blocks * bsize)} at ${folder}`
  if (free >= FEW_BYTES && bavail / blocks >= FEW_SHARE) return ok('Disk', found)
  return finding(
    'Disk',
    found,
    'Free some space, or set DATA_DIR or STORAGE_URL to a larger storage. RETENTION_DAYS deletes the files of old imports.',
  )
}
