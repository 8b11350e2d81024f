import { afterAll, beforeAll, expect, test } from 'vitest'

import { queryOnce } from '../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { openTaskLocks, type TaskLocks } from './task-locks.ts'

let processes: TaskLocks[]
let url: string
let ownerUrl: string

beforeAll(async () => {
  ;({ url, ownerUrl } = await createTestDatabase())
  processes = Array.from({ length: 2 }, () =>
    openTaskLocks({
      url,
      onConnectionLost: (error) => {
        throw error
      },
    }),
  )
})
afterAll(async () => {
  await Promise.all(processes.map(async (locks) => locks.close()))
})

const TASKS = ['reconcile', 'clean', 'purge', 'reseal', 'measure']

test('the tasks of a process run side by side, on a connection that has one query at a time', async () => {
  const [locks] = processes
  const warnings: Error[] = []
  const note = (warning: Error): void => {
    warnings.push(warning)
  }
  process.on('warning', note)
  try {
    let begun = 0
    let letEnd: (() => void) | undefined
    const allBegun = new Promise<void>((resolve) => {
      letEnd = resolve
    })
    const done = await Promise.all(
      TASKS.map(async (task) =>
        locks?.run(task, async () => {
          begun += 1
          if (begun === TASKS.length) letEnd?.()
          await allBegun
          return task
        }),
      ),
    )
    expect(done).toEqual(TASKS)
    // Warnings are given a turn of the event loop later.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    expect(warnings.filter(({ message }) => message.includes('already executing a query'))).toEqual([])
  } finally {
    process.off('warning', note)
  }
})

test('a task runs in one process at a time, and in the other when it is done', async () => {
  const [one, other] = processes
  const meanwhile = await one?.run('reconcile', async () => other?.run('reconcile', async () => 'ran twice'))
  expect(meanwhile).toBeNull()
  expect(await other?.run('reconcile', async () => 'ran')).toBe('ran')
})

test('a task that outlives its connection leaves the next one to those that have it', async () => {
  let hear: ((error: Error) => void) | undefined
  const lost: Error[] = []
  const heard = new Promise<Error>((resolve) => {
    hear = resolve
  })
  const locks = openTaskLocks({
    url,
    onConnectionLost: (error) => {
      lost.push(error)
      hear?.(error)
    },
  })
  const sessions = async () =>
    queryOnce<{ pid: number }>(
      ownerUrl,
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'worker-task-locks'`,
    )
  const ofOthers = new Set((await sessions()).map(({ pid }) => pid))
  const own = async () => (await sessions()).filter(({ pid }) => !ofOthers.has(pid))
  try {
    await locks.run('long', async () => {
      for (const { pid } of await own()) await queryOnce(ownerUrl, 'SELECT pg_terminate_backend($1, 5000)', [pid])
      await heard
      expect(await locks.run('short', async () => own())).toHaveLength(1)
    })
    expect(await locks.run('later', async () => own())).toHaveLength(1)
    expect(lost).toHaveLength(1)
  } finally {
    await locks.close()
  }
})
