import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { servePlainly } from '../../test/serve-plainly.ts'
import { closeServer } from './close-server.ts'
import { createIntakeServer } from './create-server.ts'
import { createDrain } from './drain.ts'

function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

test('an answer that has not begun when the drain begins ends its connection, and so does each one after it', async () => {
  const drain = createDrain()
  const { promise: held, resolve: letGo } = promiseWithResolve()
  let begun = 0
  const served = servePlainly((request, response) => {
    begun += 1
    const answer = () => response.end('answered')
    if (request.url === '/held') held.then(answer, answer)
    else answer()
  })
  const server = createIntakeServer(served, { drain })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  expect((await fetch(`${url}/before`)).headers.get('connection')).toBe('keep-alive')
  const underWay = fetch(`${url}/held`)
  await expect.poll(() => begun).toBe(2)
  drain.begin()
  letGo()
  const answers = [await underWay, await fetch(`${url}/after`)]
  expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(['close', 'close'])
  expect(await Promise.all(answers.map(async (answer) => answer.text()))).toEqual(['answered', 'answered'])
  await closeServer(server, 1_000, () => 0)
})
