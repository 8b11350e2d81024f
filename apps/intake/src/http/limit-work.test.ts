import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { ApiError, ClientGoneError } from './api-error.ts'
import { createWorkLimit } from './limit-work.ts'
import { markServed, markWaitingForClient } from './waiting-for-client.ts'

const OPTIONS = { maxInFlight: 2, maxInFlightPerOrg: 1, maxWaiting: 3, maxWaitingPerOrg: 2, waitTimeoutMs: 60_000 }

/** All that a limit knows of a response: that it closes, and how to close it. */
function makeResponse(): ServerResponse {
  const response = Object.assign(new EventEmitter(), { destroyed: false, destroy: () => response.emit('close') })
  return response as unknown as ServerResponse
}

function makeWork() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    do: (name: string) => async () => {
      begun.push(name)
      await new Promise<void>((resolve) => {
        ends.set(name, resolve)
      })
      return name
    },
    async end(name: string) {
      ends.get(name)?.()
      await setImmediate()
    },
  }
}

const statusOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof ApiError ? [error.status, error.headers['Retry-After']] : error),
  )

it('does so much of an organization at once, the rest in order, and lets others pass', async () => {
  const limit = createWorkLimit(OPTIONS)
  const work = makeWork()
  const all = [1, 1, 1, 2].map(async (orgId, n) => limit(orgId, makeResponse(), work.do(`${orgId}/${n}`)))
  expect(work.begun).toEqual(['1/0', '2/3'])
  await work.end('2/3')
  expect(work.begun).toEqual(['1/0', '2/3'])
  await work.end('1/0')
  await work.end('1/1')
  await work.end('1/2')
  expect(work.begun).toEqual(['1/0', '2/3', '1/1', '1/2'])
  expect(await Promise.all(all)).toEqual(['1/0', '1/1', '1/2', '2/3'])
})

it('refuses what is too much: of one organization by 429, of all by 503, each with Retry-After', async () => {
  const limit = createWorkLimit(OPTIONS)
  const work = makeWork()
  const all = [1, 1, 1].map(async (orgId, n) => limit(orgId, makeResponse(), work.do(`${orgId}/${n}`)))
  expect(await statusOf(limit(1, makeResponse(), work.do('1/3')))).toEqual([429, '2'])
  all.push(limit(2, makeResponse(), work.do('2/0')), limit(2, makeResponse(), work.do('2/1')))
  expect(await statusOf(limit(3, makeResponse(), work.do('3/0')))).toEqual([503, '2'])
  for (const name of ['1/0', '1/1', '1/2', '2/0', '2/1']) await work.end(name)
  expect(await Promise.all(all)).toHaveLength(5)
})

it('refuses by 503 what has waited for too long', async () => {
  const limit = createWorkLimit({ ...OPTIONS, waitTimeoutMs: 1 })
  const work = makeWork()
  const first = limit(1, makeResponse(), work.do('1/0'))
  expect(await statusOf(limit(1, makeResponse(), work.do('1/1')))).toEqual([503, '2'])
  await work.end('1/0')
  expect(await first).toBe('1/0')
  expect(work.begun).toEqual(['1/0'])
})

it('forgets who waited and is gone, and signals work in flight that nobody waits for it', async () => {
  const limit = createWorkLimit(OPTIONS)
  const work = makeWork()
  const [first, second] = [makeResponse(), makeResponse()]
  let signal: AbortSignal | undefined
  const doing = limit(1, first, async (given) => {
    signal = given
    return work.do('1/0')()
  })
  const waiting = limit(1, second, work.do('1/1'))
  second.emit('close')
  await expect(waiting).rejects.toBeInstanceOf(ClientGoneError)
  expect(signal?.aborted).toBe(false)
  first.emit('close')
  expect(signal?.aborted).toBe(true)
  await work.end('1/0')
  expect(await doing).toBe('1/0')
  expect(work.begun).toEqual(['1/0'])
})

it('ends an answer that its client does not take once another organization waits for the slot, and no other', async () => {
  const limit = createWorkLimit({ ...OPTIONS, stallTimeoutMs: 20 })
  const work = makeWork()
  const [served, stalled] = [makeResponse(), makeResponse()]
  const closed: string[] = []
  served.once('close', () => closed.push('served'))
  const stalledWork = limit(2, stalled, async (signal) => {
    markWaitingForClient(stalled)
    await once(signal, 'abort')
    closed.push('stalled')
  })
  markWaitingForClient(served)
  const servedWork = limit(1, served, work.do('1/0'))
  markServed(served)
  // Both slots are taken, and nobody waits: nothing happens to either.
  expect(await limit(3, makeResponse(), async () => Promise.resolve([...closed]))).toEqual(['stalled'])
  await stalledWork
  await work.end('1/0')
  expect(await servedWork).toBe('1/0')
  expect(closed).toEqual(['stalled'])
})
