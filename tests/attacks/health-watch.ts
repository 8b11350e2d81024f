import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

import type { HealthReport } from './watch-health.fixture.ts'

export interface HealthWatch {
  /** Ends the watch and gives what it saw. Throws where the watcher itself failed. */
  stop(): Promise<HealthReport>
}

/** Watches the intake app from a process of its own, which the attack cannot hold up. */
export async function startHealthWatch(options: {
  readonly url: string
  readonly intakePid: number
  /** Of the organization whose polls are watched too. */
  readonly apiKey: string
}): Promise<HealthWatch> {
  const watcher = fork(path.join(import.meta.dirname, 'watch-health.fixture.ts'), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
    serialization: 'json',
  })
  const exited = once(watcher, 'exit').then(() => {
    throw new Error('the process that watches the intake app ended')
  })
  // Whoever waits for a report hears of it; nobody else does.
  exited.catch(() => undefined)
  await Promise.race([once(watcher, 'message'), exited])
  return {
    async stop() {
      const report = once(watcher, 'message') as Promise<[HealthReport]>
      watcher.send('stop')
      const [found] = await Promise.race([report, exited])
      watcher.disconnect()
      return found
    },
  }
}
