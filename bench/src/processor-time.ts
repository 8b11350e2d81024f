import type pg from 'pg'

import { isProcess, readCpuSeconds } from './worker-process.ts'

/** Of PostgreSQL's sessions with a name: how much processor time they used since the meter was started. */
export interface BackendMeter {
  /** Seconds, user and system; null where the server's processes cannot be looked at. */
  read(): Promise<number | null>
}

/**
 * Reads utime and stime of the sessions' processes from /proc, so the server has to run on this machine. A session that
 * begins later counts from its beginning; one that ends meanwhile is lost: the worker keeps its own for minutes.
 */
export async function startBackendMeter(sql: pg.Client, applicationName: string): Promise<BackendMeter> {
  const before = await readSessions(sql, applicationName)
  return {
    async read() {
      const after = await readSessions(sql, applicationName)
      if (before === null || after === null) return null
      return [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0)
    },
  }
}

/** Processor seconds by process id; null where a session's process is none of this machine's. */
async function readSessions(sql: pg.Client, applicationName: string): Promise<Map<number, number> | null> {
  const { rows } = await sql.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
    [applicationName],
  )
  return rows.every(({ pid }) => isProcess(pid, 'postgres'))
    ? new Map(rows.map(({ pid }) => [pid, readCpuSeconds(pid)]))
    : null
}

/** The same of one connection's own session, since it began. */
export async function readOwnBackend(sql: pg.Client): Promise<number | null> {
  const { rows } = await sql.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid
  return pid !== undefined && isProcess(pid, 'postgres') ? readCpuSeconds(pid) : null
}
