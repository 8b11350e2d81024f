import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { acquireInstanceLock, createOccasionalWarning, InstanceLockedError, RotatingLogFile } from '@importer/runtime'

import { reapChildren } from './child-process.ts'
import type { Releases } from './releases.ts'

/** How long to wait for another one that is just ending, by the same Ctrl-C perhaps. */
const LOCK_TIMEOUT_MS = 3_000
const LOG_MAX_BYTES = 10 * 1024 ** 2

/** A DATA_DIR that this process alone is in charge of. */
export interface DataFolder {
  readonly path: string
  readonly logs: string
  /** where running children are noted down */
  readonly children: string
  /** Opens `logs/<name>.log`, bounded in size, and gives the function that writes to it. */
  openLog(name: string): (chunk: Buffer) => void
}

/**
 * Takes charge of a DATA_DIR, made when missing, and ends the children of a supervisor that was killed there. Throws
 * when another one is in charge.
 */
export async function openDataFolder(
  path: string,
  releases: Releases,
  output: (line: string) => void,
): Promise<DataFolder> {
  const logs = join(path, 'logs')
  const children = join(path, 'children')
  // Others may pass, as PostgreSQL's own account must where we are root, but not look around.
  mkdirSync(path, { recursive: true, mode: 0o711 })
  await lockFolder(path, releases)
  mkdirSync(logs, { recursive: true, mode: 0o700 })
  await reapChildren(children)
  return {
    path,
    logs,
    children,
    openLog: (name) => {
      // On a full disk every line of a program fails, and our own output may be on that disk too.
      const warn = createOccasionalWarning(({ keptBack }, error: unknown) => {
        const more = keptBack === 0 ? '' : `; ${keptBack} writes more have failed since this was last reported`
        output(`the log of ${name} cannot be written: ${String(error)}${more}`)
      })
      const log = new RotatingLogFile(join(logs, `${name}.log`), LOG_MAX_BYTES, warn)
      releases.add(`the log of ${name}`, () => log.close())
      return (chunk) => log.write(chunk)
    },
  }
}

async function lockFolder(path: string, releases: Releases): Promise<void> {
  try {
    const lock = await acquireInstanceLock(join(path, 'supervisor.lock'), LOCK_TIMEOUT_MS)
    releases.add('the lock', () => lock.release())
  } catch (error) {
    if (!(error instanceof InstanceLockedError)) throw error
    const message = `DATA_DIR ${path} is in use by process ${error.holderPid}; stop that one or choose another DATA_DIR`
    throw new Error(message, { cause: error })
  }
}
