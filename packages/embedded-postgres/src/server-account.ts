import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What PostgreSQL's programs need to find others: no variable of the caller's may change what they do. */
export const SERVER_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

interface Ids {
  readonly uid: number
  readonly gid: number
}

/** As whom PostgreSQL runs, and how a command is started as that. */
export interface ServerAccount {
  /** stands before the command */
  readonly prefix: readonly string[]
  /** for `spawn`: as whom the command, prefix included, is started */
  readonly spawnAs: Ids | Record<string, never>
  /** to whom the cluster's files must belong; null: they are made as this process makes files */
  readonly owner: Ids | null
}

const OURSELVES: ServerAccount = { prefix: [], spawnAs: {}, owner: null }

/**
 * PostgreSQL refuses to run as root, so for root this picks another account that can enter `folder` and run `binary`:
 * the user `postgres`, made when missing, if no folder on the way shuts him out. Where one does (a checkout under /root,
 * say) it is, in this order, root seen as an ordinary user from within a user namespace, which has none of root's
 * capabilities, or the user `postgres` with the one capability to pass folders. Each is tried before it is chosen.
 */
export async function chooseServerAccount(folder: string, binary: string): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return OURSELVES
  const ids = await ensurePostgresUser()
  const setpriv = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups']
  const withCapability = (name: string): ServerAccount => ({
    prefix: ['setpriv', ...setpriv, `--inh-caps=-all,+${name}`, `--ambient-caps=+${name}`, '--'],
    spawnAs: {},
    owner: ids,
  })
  const candidates: ServerAccount[] = [
    { prefix: [], spawnAs: ids, owner: ids },
    {
      prefix: ['unshare', '--user', `--map-user=${ids.uid}`, `--map-group=${ids.gid}`, '--'],
      spawnAs: {},
      owner: { uid: 0, gid: 0 },
    },
    withCapability('dac_read_search'),
    withCapability('dac_override'),
  ]
  for (const candidate of candidates) {
    if (await canRun(candidate, folder, binary)) return candidate
  }
  throw new Error(
    `PostgreSQL does not run as root, and the user postgres cannot enter ${folder} or run ${binary}; ` +
      'start as an ordinary user, choose a DATA_DIR and a checkout that others can pass, or set DATABASE_URL',
  )
}

/** A command as that account, for `spawn` and its like. */
export function commandFor(
  account: ServerAccount,
  program: string,
  programArgs: readonly string[],
): { command: string; args: string[] } {
  const [command = program, ...args] = [...account.prefix, program, ...programArgs]
  return { command, args }
}

async function canRun(account: ServerAccount, folder: string, binary: string): Promise<boolean> {
  const script = 'cd -- "$1" && exec "$2" --version'
  const { command, args } = commandFor(account, '/bin/sh', ['-c', script, 'sh', folder, binary])
  try {
    await run(command, args, { ...account.spawnAs, cwd: '/', env: SERVER_ENVIRONMENT })
    return true
  } catch {
    // Whatever the reason (no such program, not permitted, shut out): this way is not open here.
    return false
  }
}

async function ensurePostgresUser(): Promise<Ids> {
  const existing = await findPostgresUser()
  if (existing !== null) return existing
  try {
    await run('groupadd', ['--force', '--system', 'postgres'], { env: SERVER_ENVIRONMENT })
    const args = ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']
    await run('useradd', args, { env: SERVER_ENVIRONMENT })
  } catch (error) {
    // Two starts may have made it at once: what counts is that it is there.
    const made = await findPostgresUser()
    if (made !== null) return made
    const wish = 'start as an ordinary user, create the user postgres, or set DATABASE_URL'
    throw new Error(`PostgreSQL does not run as root, and the user postgres cannot be made; ${wish}`, { cause: error })
  }
  const made = await findPostgresUser()
  if (made === null) throw new Error('The user postgres was made but cannot be found; set DATABASE_URL')
  return made
}

async function findPostgresUser(): Promise<Ids | null> {
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', 'postgres'], { env: SERVER_ENVIRONMENT }),
      run('id', ['-g', 'postgres'], { env: SERVER_ENVIRONMENT }),
    ])
    return { uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) }
  } catch {
    // `id` fails when there is no such user.
    return null
  }
}
