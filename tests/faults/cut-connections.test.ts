import { beforeAll, expect, it } from 'vitest'

import { CUTS } from '../support/postgres-proxy.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { cutConnections, type CutImport } from './cut-connections.ts'
import { makeFaultCase, runUndisturbed } from './fault-case.ts'

/** Each cut once in an import of its own, first, amid and last; then several in one import. */
const IMPORTS: CutImport[] = [
  ...CUTS.map((cut, n) => ({ fault: makeFaultCase(800, n), cuts: { [1 + 3 * n]: cut } })),
  {
    fault: makeFaultCase(2_000, CUTS.length),
    cuts: { 1: 'at-reply', 5: 'while-running', 9: 'at-reply', 10: 'at-reply' },
  },
]
let undisturbed: WholeOutcome[]

beforeAll(async () => {
  undisturbed = await runUndisturbed(IMPORTS.map(({ fault }) => fault))
})

it.concurrent.each([
  { name: 'with the queue in PostgreSQL', hasRedis: false },
  ...(hasRedisServer() ? [{ name: 'with the queue on Redis', hasRedis: true }] : []),
])('a connection cut around the commit of a batch changes nothing, $name', async ({ hasRedis }) => {
  const redis = hasRedis ? await startRedisServer() : undefined
  const runs = await cutConnections(IMPORTS, redis?.url)
  for (const [n, { cuts, outcome }] of runs.entries()) {
    expect(cuts).toEqual(Object.values(IMPORTS[n]?.cuts ?? {}))
    expect(outcome, cuts.join()).toEqual(undisturbed[n])
  }
  await redis?.stop()
})
