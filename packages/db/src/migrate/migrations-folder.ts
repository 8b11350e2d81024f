import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../../prisma/migrations/', import.meta.url))

export interface Migration {
  readonly name: string
  /** SQL. */
  readonly script: string
}

/** Of this version, in the order in which they are applied. */
export async function readMigrationNames(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

/** Prisma's own migration files, in the same order. */
export async function readMigrations(): Promise<Migration[]> {
  return Promise.all(
    (await readMigrationNames()).map(async (name) => ({
      name,
      script: await readFile(join(MIGRATIONS_FOLDER, name, 'migration.sql'), 'utf8'),
    })),
  )
}
