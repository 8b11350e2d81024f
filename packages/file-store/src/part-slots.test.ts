import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { PartSlots } from './part-slots.ts'

const LIMIT_MS = 60_000

let slots: PartSlots
/** What runs, and how to end it. */
let running: { readonly name: string; readonly buffer: Buffer; end(): void; fail(): void }[]

beforeEach(() => {
  vi.useFakeTimers()
  running = []
  slots = new PartSlots(2, LIMIT_MS, () => new Error('refused'))
})
afterEach(() => {
  vi.useRealTimers()
})

/** Gives how it ended. */
async function run(name: string, bytes = 8): Promise<string> {
  try {
    await slots.run(bytes, async (buffer) => {
      await new Promise<void>((resolve, reject) => {
        running.push({ name, buffer, end: resolve, fail: () => reject(new Error('failed')) })
      })
    })
    return 'stored'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const settle = async (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)
const names = (): string[] => running.map(({ name }) => name)

it('runs so many at once, the others in their order, in the memory of those before', async () => {
  const ends = ['a', 'b', 'c', 'd'].map(async (name) => run(name))
  await settle()
  expect(names()).toEqual(['a', 'b'])
  running[1]?.end()
  await settle()
  running[0]?.fail()
  await settle()
  expect(names()).toEqual(['a', 'b', 'c', 'd'])
  expect(running[2]?.buffer).toBe(running[1]?.buffer)
  expect(running[3]?.buffer).toBe(running[0]?.buffer)
  running[2]?.end()
  running[3]?.end()
  expect(await Promise.all(ends)).toEqual(['failed', 'stored', 'stored', 'stored'])
  const larger = run('e', 16)
  await settle()
  expect(running[4]?.buffer).toHaveLength(16)
  running[4]?.end()
  expect(await larger).toBe('stored')
})

it('refuses who waits once nothing has been stored for the limit, and not while others are stored', async () => {
  const ends = ['a', 'b', 'c', 'd'].map(async (name) => run(name))
  await vi.advanceTimersByTimeAsync(LIMIT_MS - 1)
  running[0]?.end()
  await vi.advanceTimersByTimeAsync(LIMIT_MS - 1)
  expect(names()).toEqual(['a', 'b', 'c'])
  await vi.advanceTimersByTimeAsync(1)
  expect(await ends[3]).toBe('refused')
  running[1]?.fail()
  running[2]?.fail()
  expect(await Promise.all(ends)).toEqual(['stored', 'failed', 'failed', 'refused'])
  // The slots are free again.
  const next = ['e', 'f'].map(async (name) => run(name))
  await settle()
  expect(names()).toEqual(['a', 'b', 'c', 'e', 'f'])
  running[3]?.end()
  running[4]?.end()
  expect(await Promise.all(next)).toEqual(['stored', 'stored'])
})
