import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

export interface RedisServer {
  url: string
  pid: number
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

/** A real Redis on a free port of 127.0.0.1 with a temporary folder, ready to answer. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'importer-redis-'))
  const port = await findFreePort()
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (line.includes('Ready to accept connections')) break
  }
  child.stdout.resume()
  if (child.exitCode !== null || child.pid === undefined || !said.at(-1)?.includes('Ready to accept')) {
    await stop()
    throw new Error(`redis-server did not start on port ${port}:\n${said.join('\n')}`)
  }
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid, stop }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return address.port
}
