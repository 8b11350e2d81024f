import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { readProcessStart } from './process-start.ts'

export interface InstanceLock {
  release(): void
}

/** Another live process holds the lock. */
export class InstanceLockedError extends Error {
  readonly holderPid: number

  constructor(folder: string, holderPid: number) {
    super(`${folder} is held by process ${holderPid}`)
    this.name = 'InstanceLockedError'
    this.holderPid = holderPid
  }
}

/**
 * Takes a lock that ends with this process, however it ends. Throws {@link InstanceLockedError} when another process,
 * or this one, holds it for longer than `timeoutMs`: one that is just ending is worth waiting for.
 *
 * `folder` holds one file per contender, named after the process and its start. Whoever puts his file there and then
 * sees no other live one holds the lock; of two that come at once at least one sees the other. Files of the dead can be
 * deleted by anybody at any time, as no process is ever named so again: there is no stale lock to be taken over, and so
 * no race about taking it over.
 */
export async function acquireInstanceLock(folder: string, timeoutMs: number): Promise<InstanceLock> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const start = readProcessStart(process.pid)
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const claim = `${process.pid}.${start}.${randomBytes(6).toString('hex')}`
    const file = join(folder, claim)
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
    const rival = findLiveRival(folder, claim)
    if (rival === null) return { release: () => rmSync(file, { force: true }) }
    rmSync(file, { force: true })
    if (performance.now() > deadline) throw new InstanceLockedError(folder, rival)
    // Two that came at once both stepped back: by chance one of them is alone next time.
    await delay(20 + Math.random() * 80)
  }
}

function findLiveRival(folder: string, own: string): number | null {
  let rival: number | null = null
  for (const name of readdirSync(folder)) {
    if (name === own) continue
    const [pid, start] = name.split('.')
    if (readProcessStart(Number(pid)) === start) rival = Number(pid)
    else rmSync(join(folder, name), { force: true })
  }
  return rival
}
