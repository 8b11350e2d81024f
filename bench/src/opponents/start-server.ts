import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

export interface OpponentServer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one of this folder's servers as a process of its own and waits until it listens. */
export async function startServer(name: 'pipe-server' | 'constant-server', ...args: string[]): Promise<OpponentServer> {
  const child = fork(path.join(import.meta.dirname, `${name}.ts`), args, { execArgv: ['--import', 'tsx'] })
  const ended = once(child, 'exit')
  const [message] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error(`${name} ended before it listened`))),
  ])) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${message.port}`,
    async stop() {
      child.disconnect()
      await ended
    },
  }
}
