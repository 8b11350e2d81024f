import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readProcessStart } from '@importer/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { waitUntil } from '../../../tests/support/wait-until.ts'
import { reapChildren, runChild, spawnChild, startChild, type ChildOptions } from './child-process.ts'
import { superviseProcess, type Backoff, type SupervisedProcess, type SupervisionEvent } from './supervise-process.ts'

type Manner = 'steady' | 'deaf' | 'fails' | 'never-ready' | 'short-lived' | 'waits'

const ENTRY = fileURLToPath(new URL('../test/small-child.fixture.ts', import.meta.url))

let registry: string
let printed: string
let events: SupervisionEvent[]
let supervised: SupervisedProcess[]

beforeEach(async () => {
  registry = await makeTemporaryFolder()
  printed = ''
  events = []
  supervised = []
})

afterEach(async () => {
  // Those that a test has stopped already may have ended badly.
  await Promise.allSettled(supervised.map(async (process) => process.stop()))
})

function describeChild(manner: Manner, databaseUrl = 'nowhere'): ChildOptions {
  return {
    entry: ENTRY,
    registry,
    env: { ...process.env, CHILD_MANNER: manner, DATABASE_URL: databaseUrl },
    write: (chunk) => {
      printed += chunk.toString('utf8')
    },
    stopTimeoutMs: 300,
  }
}

function supervise(child: () => ChildOptions, backoff: Partial<Backoff> = {}): SupervisedProcess {
  const process = superviseProcess({
    start: async (signal) => startChild(child(), signal),
    onEvent: (event) => events.push(event),
    backoff,
  })
  supervised.push(process)
  return process
}

/** The children that have said where they are, in their order. */
function pids(): number[] {
  return [...printed.matchAll(/here is (\d+)/g)].map(([, pid]) => Number(pid))
}

describe('a supervised process', () => {
  it('is started again within a second when it is killed', async () => {
    const child = supervise(() => describeChild('steady'))
    await child.ready
    await waitUntil('the first child had started', () => pids().length === 1)
    process.kill(pids()[0] ?? 0, 'SIGKILL')
    await waitUntil('the second child had started', () => pids().length === 2)
    expect(events).toEqual([
      { kind: 'ready', isRestart: false },
      { kind: 'ended', how: 'SIGKILL', restartInMs: 100 },
      { kind: 'ready', isRestart: true },
    ])
  })

  it('waits longer from time to time when it ends again and again, up to a limit', async () => {
    supervise(() => describeChild('short-lived'), { firstMs: 1, longestMs: 4, healthyAfterMs: 60_000 })
    const waits = () => events.flatMap((event) => (event.kind === 'ended' ? [event.restartInMs] : []))
    await waitUntil('it had ended five times', () => waits().length >= 5)
    expect(waits().slice(0, 5)).toEqual([1, 2, 4, 4, 4])
  })

  it('is forgiven its early ends once it has lived for a while', async () => {
    supervise(() => describeChild('short-lived'), { firstMs: 1, longestMs: 4, healthyAfterMs: 0 })
    const waits = () => events.flatMap((event) => (event.kind === 'ended' ? [event.restartInMs] : []))
    await waitUntil('it had ended three times', () => waits().length >= 3)
    expect(waits().slice(0, 3)).toEqual([1, 1, 1])
  })

  it('is given up, with its last words, when it never was ready', async () => {
    // However long it lived.
    const child = supervise(() => describeChild('fails'), { firstMs: 1, healthyAfterMs: 0, giveUpAfter: 2 })
    await expect(child.ready).rejects.toThrow(/^exit code 3: no such luck$/)
    expect(printed.match(/a first line/g)).toHaveLength(2)
    expect(await readdir(registry)).toEqual([])
  })

  it('is waited for as long as it says what it waits for, and no longer', async () => {
    const reasons: string[] = []
    const onWaiting = (reason: string) => reasons.push(reason)
    // Ready after 6 s, of which no second was silent.
    await supervise(() => ({ ...describeChild('waits'), readyTimeoutMs: 5_000, onWaiting }), { giveUpAfter: 1 }).ready
    expect(reasons).toEqual(Array.from({ length: 120 }, () => 'nobody listens'))
    const silent = supervise(() => ({ ...describeChild('never-ready'), readyTimeoutMs: 1_000 }), { giveUpAfter: 1 })
    await expect(silent.ready).rejects.toThrow(/^not ready within 1 s/)
  })

  it('stays away when it is stopped, and its end is no event', async () => {
    const child = supervise(() => describeChild('steady'))
    await child.ready
    await waitUntil('the child had started', () => pids().length === 1)
    await Promise.all([child.stop(), child.stop()])
    expect(readProcessStart(pids()[0] ?? 0)).toBeNull()
    expect(events).toEqual([{ kind: 'ready', isRestart: false }])
  })

  it('is killed when it does not listen, which is no clean end', async () => {
    const child = supervise(() => describeChild('deaf'))
    await child.ready
    await waitUntil('the child had started', () => pids().length === 1)
    await expect(child.stop()).rejects.toThrow('SIGKILL, as it had not ended 0.3 s after SIGTERM')
    expect(readProcessStart(pids()[0] ?? 0)).toBeNull()
  })

  it('can be stopped before it is ready', async () => {
    const child = supervise(() => describeChild('never-ready'))
    await waitUntil('the child had started', () => pids().length === 1)
    await child.stop()
    expect(readProcessStart(pids()[0] ?? 0)).toBeNull()
    await expect(child.ready).rejects.toThrow('stopped before it was ready')
  })

  it.each<Manner>(['steady', 'never-ready'])('can be started anew with what has changed (%s)', async (manner) => {
    let url = 'first'
    const child = supervise(() => describeChild(url === 'first' ? manner : 'steady', url))
    await waitUntil('the first child had started', () => printed.includes('at first'))
    url = 'second'
    await child.restart()
    await child.ready
    await waitUntil('the second child had started', () => printed.includes('at second'))
    expect(events.filter(({ kind }) => kind === 'ended')).toEqual([])
  })
})

describe('a child process', () => {
  it('can be run to its end', async () => {
    await runChild('The work', describeChild('short-lived'), undefined)
    await expect(runChild('The work', describeChild('fails'), undefined)).rejects.toThrow(
      /^The work failed: exit code 3: no such luck$/,
    )
  })

  it.skipIf(process.platform !== 'linux')('is killed where it cannot be noted down', async () => {
    const listChildren = async (): Promise<string> =>
      readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    const before = await listChildren()
    const file = join(registry, 'file')
    await writeFile(file, '')
    expect(() => spawnChild({ ...describeChild('steady'), registry: file })).toThrow('EEXIST')
    await waitUntil('it had ended', async () => (await listChildren()) === before)
  })

  it('is killed by the next supervisor when it outlived the one before', async () => {
    const child = spawnChild(describeChild('deaf'))
    await child.ready
    expect(await readdir(registry)).toHaveLength(1)
    expect(await reapChildren(registry)).toBe(1)
    expect(await child.exited).toBe('SIGKILL')
    expect(await readdir(registry)).toEqual([])
    expect(await reapChildren(registry)).toBe(0)
  })
})
