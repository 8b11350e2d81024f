import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'

/** Where Debian keeps each version's programs. */
const DEBIAN_FOLDER = '/usr/lib/postgresql'

/** PostgreSQL as an operator has it, server and client programs (`pg_dump` and others, which the embedded one lacks). */
export interface PostgresPrograms {
  readonly major: number
  /** The folder of all of them. */
  readonly folder: string
}

/**
 * The newest that is installed. Null where there is none, which is announced; in CI, where one must be there, it is an
 * error.
 */
export function findPostgresPrograms(): PostgresPrograms | null {
  const majors = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).map(Number) : []
  for (const major of majors.toSorted((one, other) => other - one)) {
    const folder = path.join(DEBIAN_FOLDER, String(major), 'bin')
    if (['initdb', 'postgres', 'pg_dump'].every((program) => existsSync(path.join(folder, program)))) {
      return { major, folder }
    }
  }
  const message = `there is no PostgreSQL below ${DEBIAN_FOLDER}`
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so backup and restore are not tried here (Debian: apt-get install postgresql)`)
  return null
}
