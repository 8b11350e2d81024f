import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { expect, it } from 'vitest'

import { useSystemFixture } from '../../apps/supervisor/test/system-fixture.ts'

const fixture = useSystemFixture()

async function readServerPid(): Promise<number> {
  return Number.parseInt(await readFile(path.join(fixture().dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10)
}

it.runIf(process.platform === 'linux')('brings back whatever is killed, the database included', async () => {
  await fixture().start()
  for (const app of ['worker', 'intake']) {
    const pid = await fixture().findChild(app)
    process.kill(pid ?? 0, 'SIGKILL')
    await fixture().waitFor(`the ${app} to be back`, () => fixture().lines.includes(`The ${app} is back`))
    expect(await fixture().findChild(app)).not.toBe(pid)
  }
  const children = [await fixture().findChild('worker'), await fixture().findChild('intake')]
  process.kill(await readServerPid(), 'SIGKILL')
  await fixture().waitFor('PostgreSQL to be back', () => fixture().lines.includes('PostgreSQL is back'))
  await fixture().waitFor('readiness', async () => fixture().isAnswering())
  expect([await fixture().findChild('worker'), await fixture().findChild('intake')]).toEqual(children)
  const ends = fixture().lines.filter((line) => line.includes('ended'))
  expect(ends).toEqual(
    ['The worker', 'The intake', 'PostgreSQL'].map((name) => `${name} ended (SIGKILL); starting it again in 0.1 s`),
  )
})

it('just works after SIGKILL of itself, with its children and database left behind', async () => {
  const first = await fixture().launchUntilReady()
  expect(first.output()).toContain(`Ready at http://127.0.0.1:${fixture().port}\nAPI key: rik_`)
  first.process.kill('SIGKILL')
  const second = await fixture().launchUntilReady()
  expect(second.output()).not.toContain('API key: ')
  expect(second.output()).not.toContain('ended')
  expect(await fixture().isAnswering()).toBe(true)
})
