import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { acquireInstanceLock, InstanceLockedError } from './instance-lock.ts'
import { readProcessStart } from './process-start.ts'

let folder: string

beforeEach(async () => {
  folder = join(await makeTemporaryFolder(), 'a.lock')
})

describe('an instance lock', () => {
  it('is held by one, and free again when released', async () => {
    const lock = await acquireInstanceLock(folder, 0)
    await expect(acquireInstanceLock(folder, 0)).rejects.toThrow(InstanceLockedError)
    lock.release()
    const again = await acquireInstanceLock(folder, 0)
    again.release()
    expect(await readdir(folder)).toEqual([])
  })

  it('waits for a holder who lets go in time', async () => {
    const lock = await acquireInstanceLock(folder, 0)
    const waiting = acquireInstanceLock(folder, 10_000)
    lock.release()
    const late = await waiting
    late.release()
  })

  it('is free when its holder is dead, even if another process has his id', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    const start = readProcessStart(child.pid ?? 0)
    const lock = await acquireInstanceLock(folder, 0)
    lock.release()
    await writeFile(join(folder, `${child.pid}.${start}.abc`), '')
    await writeFile(join(folder, `${process.pid}.earlier.def`), '')
    await expect(acquireInstanceLock(folder, 0)).rejects.toMatchObject({ holderPid: child.pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const freed = await acquireInstanceLock(folder, 0)
    freed.release()
  })
})
