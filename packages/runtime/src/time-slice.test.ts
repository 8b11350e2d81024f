import { setImmediate } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { TimeSlice } from './time-slice.ts'

function keepBusy(): void {
  const end = performance.now() + 15
  while (performance.now() < end);
}

it('gives several works one slice in each round of the event loop, in order', async () => {
  const done: string[] = []
  const work = async (name: string): Promise<void> => {
    const slice = new TimeSlice()
    for (let part = 1; part <= 3; part += 1) {
      keepBusy()
      done.push(`${name}${part}`)
      await slice.yieldIfOver()
    }
  }
  const all = Promise.all([work('a'), work('b')])
  const rounds: number[] = []
  for (let before = done.length; done.length < 6; before = done.length) {
    await setImmediate()
    rounds.push(done.length - before)
  }
  await all
  expect(done).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
  expect(Math.max(...rounds)).toBe(1)
})

it('goes on at once while its slice is not over, and ends where nobody waits any more', async () => {
  const slice = new TimeSlice()
  const gone = new AbortController()
  await slice.yieldIfOver(gone.signal)
  gone.abort(new Error('gone'))
  await expect(slice.yieldIfOver(gone.signal)).rejects.toThrow('gone')
})
