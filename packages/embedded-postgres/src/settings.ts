import { statfsSync } from 'node:fs'
import { totalmem } from 'node:os'

/** PostgreSQL's settings by name, as on its command line. */
export type ServerSettings = Readonly<Record<string, string>>

/**
 * For one application on a laptop that inserts much at once, and loses nothing: fsync and synchronous_commit keep their
 * defaults (on).
 */
const SETTINGS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  // No socket file: its folder would have to suit every account that the server may run as.
  unix_socket_directories: '',
  max_connections: '100',
  work_mem: '32MB',
  maintenance_work_mem: '256MB',
  // Nobody replicates from here, so the log carries what a crash needs and no more, and checkpoints are far apart.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  wal_buffers: '16MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  // Compiling a batch's statement takes longer than running it.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
}

const MEBIBYTE = 1024 ** 2
const BUFFERS_MIB = { least: 256, most: 1024 }
/** Of the machine's memory; beside it the server leaves most of its pages to the system's cache. */
const BUFFERS_SHARE = 1 / 16

/**
 * How much of the tables and indexes PostgreSQL keeps in its own memory. A batch enters the unique index at as many places
 * as it has rows, so with 10 million redemptions (an index of 440 MB) 256 MiB make imports 1.5 times slower than 1 GiB.
 */
export function chooseSharedBuffers(memoryBytes: number): string {
  const share = Math.floor((memoryBytes * BUFFERS_SHARE) / MEBIBYTE)
  return `${Math.min(Math.max(share, BUFFERS_MIB.least), BUFFERS_MIB.most)}MB`
}

/** What the machine has, or the container may use. */
function readMemoryBytes(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

const SMALL_SHARED_MEMORY_BYTES = 1024 ** 3

/** The settings for this machine, the caller's on top. `supportsLz4`: whether this build of PostgreSQL has it. */
export function chooseSettings(supportsLz4: boolean, overrides: ServerSettings): ServerSettings {
  return {
    ...SETTINGS,
    shared_buffers: chooseSharedBuffers(readMemoryBytes()),
    ...(supportsLz4 ? { wal_compression: 'lz4' } : {}),
    // Containers often have 64 MB there, and a parallel query that finds no room fails.
    ...(isSharedMemorySmall() ? { dynamic_shared_memory_type: 'sysv' } : {}),
    ...overrides,
  }
}

function isSharedMemorySmall(): boolean {
  if (process.platform !== 'linux') return false
  try {
    const { blocks, bsize } = statfsSync('/dev/shm')
    return blocks * bsize < SMALL_SHARED_MEMORY_BYTES
  } catch {
    // There is none at all.
    return true
  }
}
