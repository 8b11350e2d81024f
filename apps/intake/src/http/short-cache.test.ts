import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createShortCache } from './short-cache.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function createCounted(values: (string | null | Error)[]) {
  let loads = 0
  const load = async (): Promise<string | null> => {
    const value = values[Math.min(loads, values.length - 1)] ?? null
    loads += 1
    if (value instanceof Error) throw value
    return value
  }
  return { load, countLoads: () => loads }
}

test('many askers at the same time cost one look-up, and so do those of the next moments', async () => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 10 })
  const { load, countLoads } = createCounted(['a', 'b'])
  expect(await Promise.all([cache.get('k', load), cache.get('k', load)])).toEqual(['a', 'a'])
  vi.advanceTimersByTime(99)
  expect(await cache.get('k', load)).toBe('a')
  expect(countLoads()).toBe(1)
})

test('nothing is given that is older than its time, counted from the begin of the look-up', async () => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 10 })
  const { load } = createCounted(['a', 'b'])
  const slow = cache.get('k', async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 150)
    })
    return load()
  })
  await vi.advanceTimersByTimeAsync(150)
  expect(await slow).toBe('a')
  vi.advanceTimersByTime(50)
  expect(await cache.get('k', load)).toBe('b')
})

test.each([
  ['was not found', null],
  ['failed', new Error('down')],
])('what %s is looked up again at once', async (_name, first) => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 10 })
  const { load } = createCounted([first, 'a'])
  await cache.get('k', load).catch(() => null)
  expect(await cache.get('k', load)).toBe('a')
})

test('keys do not meet, and there are never more than allowed', async () => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 2 })
  const { load, countLoads } = createCounted(['a'])
  for (const key of ['1', '2', '3']) await cache.get(key, load)
  expect(countLoads()).toBe(3)
  await cache.get('3', load)
  expect(countLoads()).toBe(3)
  await cache.get('1', load)
  expect(countLoads()).toBe(4)
})

test('what was found may be kept for less time than what is being looked up', async () => {
  const ttlOf = (value: string): number => (value === 'young' ? 20 : 500)
  const cache = createShortCache<string>({ ttlMs: 200, ttlOf, maxEntries: 10 })
  const { load } = createCounted(['young', 'old', 'older'])
  expect(await cache.get('k', load)).toBe('young')
  vi.advanceTimersByTime(9)
  expect(await cache.get('k', load)).toBe('young')
  vi.advanceTimersByTime(11)
  expect(await cache.get('k', load)).toBe('old')
  vi.advanceTimersByTime(99)
  expect(await cache.get('k', load)).toBe('old')
  vi.advanceTimersByTime(101)
  expect(await cache.get('k', load)).toBe('older')
})

test('what is asked for all the time is looked up again at half of its time, and nobody waits for it', async () => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 10 })
  const { load, countLoads } = createCounted(['a', 'b', 'c'])
  const loadSlowly = async (): Promise<string | null> => {
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    return load()
  }
  expect(await cache.get('k', load)).toBe('a')
  vi.advanceTimersByTime(100)
  expect(await Promise.all([cache.get('k', loadSlowly), cache.get('k', loadSlowly)])).toEqual(['a', 'a'])
  await vi.advanceTimersByTimeAsync(50)
  expect(await cache.get('k', load)).toBe('b')
  expect(countLoads()).toBe(2)
  // Its time counts from the begin of its own look-up.
  vi.advanceTimersByTime(150)
  expect(await cache.get('k', load)).toBe('c')
})

test('what is looked up again and failed is good until its time is over', async () => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 10 })
  const { load } = createCounted(['a', new Error('down')])
  expect(await cache.get('k', load)).toBe('a')
  await vi.advanceTimersByTimeAsync(150)
  expect(await cache.get('k', load)).toBe('a')
  await vi.advanceTimersByTimeAsync(49)
  expect(await cache.get('k', load)).toBe('a')
  await vi.advanceTimersByTimeAsync(1)
  await expect(cache.get('k', load)).rejects.toThrow('down')
})

test('what is forgotten while it is looked up again is not given', async () => {
  const cache = createShortCache<string>({ ttlMs: 200, maxEntries: 10 })
  const { load } = createCounted(['a', 'before the change', 'after it'])
  expect(await cache.get('k', load)).toBe('a')
  vi.advanceTimersByTime(100)
  expect(await cache.get('k', load)).toBe('a')
  cache.forget('k')
  expect(await cache.get('k', load)).toBe('after it')
  await vi.advanceTimersByTimeAsync(0)
  expect(await cache.get('k', load)).toBe('after it')
})
