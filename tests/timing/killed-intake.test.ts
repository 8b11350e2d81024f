import { expect, it } from 'vitest'

import { killIfThere, startSupervisedSystem } from '../support/supervised-system.ts'
import { waitUntil } from '../support/wait-until.ts'

const KILLS = 3
/** Usually 1 to 2 s, nearly all of which is the processor time in which the program is loaded. */
const MEDIAN_MS = 6_000

it('a killed intake app serves again as soon as its program is loaded', async () => {
  const system = await startSupervisedSystem({})
  const awayMs: number[] = []
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { intake } = await system.findPids()
    const diedAt = performance.now()
    killIfThere(intake)
    await waitUntil('the intake app lists imports', async () => {
      const answer = await system.client.get('/v1/imports').catch(() => null)
      return answer?.status === 200
    })
    awayMs.push(performance.now() - diedAt)
    expect((await system.findPids()).intake).not.toBe(intake)
  }
  expect(await system.stop()).toBe('exit code 0')
  const sorted = awayMs.toSorted((a, b) => a - b)
  console.log(`serves again after ${sorted.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}`)
  expect(sorted[Math.floor(KILLS / 2)]).toBeLessThan(MEDIAN_MS)
})
