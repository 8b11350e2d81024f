import { execFileSync } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

import type pg from 'pg'

export const REPOSITORY = path.resolve(import.meta.dirname, '../..')

const SHOWN_SETTINGS = [
  'shared_buffers',
  'work_mem',
  'maintenance_work_mem',
  'max_wal_size',
  'wal_level',
  'wal_compression',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'jit',
  'random_page_cost',
]

export interface MeasuredOn {
  readonly measured_at: string
  /** the commit that the working copy stands on */
  readonly commit: string
  /** whether files differ from that commit */
  readonly dirty: boolean
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memory_gb: number
    readonly system: string
    readonly disk: string
  }
  readonly versions: Readonly<Record<string, string>>
  readonly postgres_settings: Readonly<Record<string, string>>
}

/** What a figure is worth nothing without. `folder`: where the database or the uploads lie. */
export async function describeMachine(sql: pg.Client, folder: string): Promise<MeasuredOn> {
  const settings = await sql.query<{ name: string; value: string }>(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1) ORDER BY name`,
    [SHOWN_SETTINGS],
  )
  const version = await sql.query<{ server_version: string }>('SHOW server_version')
  const cpus = os.cpus()
  return {
    measured_at: new Date().toISOString(),
    ...readCommit(),
    machine: {
      cpu: cpus[0]?.model.trim() ?? 'unknown',
      cores: cpus.length,
      memory_gb: Math.round(os.totalmem() / 1024 ** 3),
      system: `${os.type()} ${os.release()} ${os.arch()}`,
      disk: describeDisk(folder),
    },
    versions: {
      node: process.versions.node,
      postgres: version.rows[0]?.server_version ?? 'unknown',
      ...readVersions('packages/db', ['@prisma/client', 'pg']),
      ...readVersions('packages/queue', ['bullmq']),
      ...readVersions('bench', ['express', 'autocannon']),
    },
    postgres_settings: Object.fromEntries(settings.rows.map(({ name, value }) => [name, value])),
  }
}

function readCommit(): { commit: string; dirty: boolean } {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain') !== '' }
  } catch {
    // No git here, or no repository: an unpacked archive.
    return { commit: 'unknown', dirty: true }
  }
}

function readVersions(folder: string, names: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {}
  for (const name of names) {
    const manifest = path.join(REPOSITORY, folder, 'node_modules', name, 'package.json')
    const { version } = createRequire(import.meta.url)(manifest) as { version: string }
    versions[name.replace('@prisma/client', 'prisma')] = version
  }
  return versions
}

/** The mount and its file system, where the system tells. */
function describeDisk(folder: string): string {
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.round((bavail * bsize) / 1024 ** 3)
  return `${findFileSystem(folder)}, ${free} GB free`
}

function findFileSystem(folder: string): string {
  if (process.platform !== 'linux') return 'unknown'
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, mount]) => mount !== undefined && `${folder}/`.startsWith(mount.endsWith('/') ? mount : `${mount}/`))
    .toSorted((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))
  return mounts[0]?.[2] ?? 'unknown'
}
