import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { readPassword, SUPERUSER, type ClusterFolder } from './cluster-folder.ts'
import { commandFor, SERVER_ENVIRONMENT, type ServerAccount } from './server-account.ts'

const run = promisify(execFile)

/** Others may pass this folder, to reach what is theirs, and not look around in it. */
const PASSABLE = 0o711

export interface CreateClusterOptions {
  readonly folder: ClusterFolder
  readonly account: ServerAccount
  readonly initdb: string
  /** whether the files must be on disk before it counts as made */
  readonly sync: boolean
}

/**
 * Makes a new cluster with a password of its own (UTF-8, C locale, scram, data checksums). It is made
 * aside and moved into its place when it is whole, so a start that is killed half-way leaves no half cluster.
 */
export async function createCluster({ folder, account, initdb, sync }: CreateClusterOptions): Promise<void> {
  const parent = dirname(folder.home)
  const prefix = `${basename(folder.home)}.new-`
  for (const name of readdirSync(parent)) {
    // What an earlier attempt left behind.
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true })
  }
  const aside = mkdtempSync(join(parent, prefix))
  try {
    chmodSync(aside, PASSABLE)
    const data = join(aside, basename(folder.data))
    const password = join(aside, basename(folder.password))
    mkdirSync(data, { mode: 0o700 })
    const { uid, gid } = statSync(aside)
    writePassword(password, sync)
    if (account.owner !== null) {
      chownSync(data, account.owner.uid, account.owner.gid)
      chownSync(password, account.owner.uid, account.owner.gid)
    }
    const args = [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--data-checksums',
      '--no-instructions',
      ...(sync ? [] : ['--no-sync']),
    ]
    await runInitdb(initdb, args, account)
    // Only initdb had to read it as somebody else.
    chownSync(password, uid, gid)
    renameSync(aside, folder.home)
    if (sync) syncFolders([folder.home, parent])
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    throw error
  }
}

/**
 * Makes the password of the app's role, unless it is there. It is set in the cluster at each start, so the file of a cluster
 * that an earlier version made, or one that was lost, is only made anew.
 */
export function ensureAppPassword({ home, appPassword }: ClusterFolder, sync: boolean): void {
  if (existsSync(appPassword) && readPassword(appPassword) !== '') return
  const aside = `${appPassword}.new`
  writePassword(aside, sync)
  renameSync(aside, appPassword)
  if (sync) syncFolders([home])
}

/** 256 random bits, in a file for this account alone. */
function writePassword(file: string, sync: boolean): void {
  writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: sync })
}

async function runInitdb(initdb: string, initdbArgs: string[], account: ServerAccount): Promise<void> {
  const { command, args } = commandFor(account, initdb, initdbArgs)
  try {
    await run(command, args, { ...account.spawnAs, cwd: '/', env: SERVER_ENVIRONMENT })
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    throw new Error(`PostgreSQL's cluster could not be made: ${output.split('\n').at(-1) ?? ''}`, { cause: error })
  }
}

/**
 * Gives the cluster to the account that is to run it, should it be another than last time. The top folder comes last:
 * as long as it has its old owner, an interrupted change is done again.
 */
export function giveOwnership(folder: ClusterFolder, account: ServerAccount): void {
  const { owner } = account
  if (owner === null) return
  const top = statSync(folder.data)
  if (top.uid === owner.uid && top.gid === owner.gid) return
  for (const name of readdirSync(folder.data, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder.data, name), owner.uid, owner.gid)
  }
  chownSync(folder.data, owner.uid, owner.gid)
}

function syncFolders(folders: string[]): void {
  // Windows cannot open a folder, and keeps its names without being asked.
  if (process.platform === 'win32') return
  for (const folder of folders) {
    const descriptor = openSync(folder, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
}
