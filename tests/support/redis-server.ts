import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { chooseFreePort } from '@importer/embedded-postgres'

import { afterFile } from './after-file.ts'

export interface RedisServer {
  url: string
  pid: number
  /** ends the server as a kill does; without `appendonly` it keeps nothing of what it held */
  kill(): Promise<void>
  /** starts it again on its port, with what it kept */
  startAgain(): Promise<void>
  /** forgets everything, as FLUSHALL does */
  flush(): Promise<void>
  /** how many keys it holds */
  countKeys(): Promise<number>
  /** changes a setting of redis.conf */
  configure(setting: string, value: string): Promise<void>
  /** ends the server as a kill does and removes its folder */
  stop(): Promise<void>
}

/**
 * Whether this machine has a redis-server. Use it as `describe.skipIf(!hasRedisServer())`: a missing server is
 * announced and skips the suite; in CI, where it must be there, it is an error.
 */
export function hasRedisServer(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true
  const message = 'there is no redis-server on this machine'
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so nothing is tested on Redis here (Debian: apt-get install redis-server)`)
  return false
}

/** A real Redis on a free port of 127.0.0.1 with a temporary folder, ready to answer; `settings` as in redis.conf. */
export async function startRedisServer(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'importer-redis-'))
  const port = await chooseFreePort()
  let child = await spawnServer(port, folder, settings)
  const stop = async (): Promise<void> => {
    await kill()
    await rm(folder, { recursive: true, force: true })
  }
  // What a test that failed has forgotten.
  afterFile(stop)
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    kill,
    async startAgain() {
      child = await spawnServer(port, folder, settings)
    },
    flush: async () => command(port, 'FLUSHALL'),
    countKeys: async () => Number((await send(port, 'DBSIZE')).slice(1)),
    configure: async (setting, value) => command(port, `CONFIG SET ${setting} ${value}`),
    stop,
  }
}

export type QueueBackend = 'PostgreSQL' | 'Redis'

/** Where the queue can be on this machine, for `describe.each`: a missing redis-server is announced, as by `hasRedisServer`. */
export function listQueueBackends(): QueueBackend[] {
  return hasRedisServer() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL']
}

/** The `redisUrl` of a system whose queue is there: of a server of its own, or none. */
export async function startQueueServer(backend: QueueBackend): Promise<string | undefined> {
  return backend === 'Redis' ? (await startRedisServer()).url : undefined
}

async function command(port: number, line: string): Promise<void> {
  const answer = await send(port, line)
  if (!answer.startsWith('+OK')) throw new Error(`${line} was answered ${answer}`)
}

/** The answer in one line, as the protocol has it. */
async function send(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${line}\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.toString().trimEnd()
}

async function spawnServer(
  port: number,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const all = {
    bind: '127.0.0.1',
    port: String(port),
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    ...settings,
  }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (line.includes('Ready to accept connections')) break
  }
  child.stdout.resume()
  if (!said.at(-1)?.includes('Ready to accept')) {
    child.kill('SIGKILL')
    throw new Error(`redis-server did not start on port ${port}:\n${said.join('\n')}`)
  }
  return child
}
