import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { chooseFreePort } from '@importer/embedded-postgres'

import { afterFile } from './after-file.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import { waitUntil } from './wait-until.ts'

/** Debian puts it where only root looks for programs. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }

/**
 * Whether this machine has PgBouncer. Use it as `describe.skipIf(!hasPgbouncer())`: a missing one is announced and skips the
 * suite; in CI, where it must be there, it is an error.
 */
export function hasPgbouncer(): boolean {
  if (spawnSync('pgbouncer', ['--version'], { env: ENVIRONMENT }).status === 0) return true
  const message = 'there is no pgbouncer on this machine'
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so no pooler is tested here (Debian: apt-get install pgbouncer)`)
  return false
}

type PoolMode = 'session' | 'transaction'

export interface Pgbouncer {
  /** The same database by way of it. */
  readonly url: string
  /** Reloads it with another mode. */
  setPoolMode(poolMode: PoolMode): Promise<void>
}

/** A real PgBouncer before the database, until the test file is done. */
export async function startPgbouncer(databaseUrl: string, poolMode: PoolMode): Promise<Pgbouncer> {
  const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl)
  const folder = await makeTemporaryFolder()
  const port = await chooseFreePort()
  const database = decodeURIComponent(pathname.slice(1))
  const login = `user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}`
  const settings = path.join(folder, 'pgbouncer.ini')
  const writeSettings = async (mode: PoolMode): Promise<void> =>
    writeFile(
      settings,
      `[databases]
${database} = host=${hostname} port=${serverPort} dbname=${database} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 50
max_client_conn = 200
`,
    )
  await writeSettings(poolMode)
  // It refuses to run as root.
  await chmod(folder, 0o755)
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn('pgbouncer', [...user, settings], {
    env: ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  afterFile(async () => {
    const ended = once(child, 'exit')
    if (child.kill('SIGKILL')) await ended
  })
  await waitUntil('PgBouncer listened', () => {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended:\n${output}`)
    return output.includes('process up')
  })
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    async setPoolMode(mode) {
      await writeSettings(mode)
      const reloads = countReloads(output)
      child.kill('SIGHUP')
      await waitUntil('PgBouncer had its new settings', () => countReloads(output) > reloads)
    },
  }
}

function countReloads(output: string): number {
  return output.split('SIGHUP').length
}
