import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { MigrationList } from '@prisma/schema-engine-wasm'

const PRISMA_FOLDER = fileURLToPath(new URL('../../../../prisma/', import.meta.url))
const MIGRATIONS_FOLDER = join(PRISMA_FOLDER, 'migrations')

/** Of this version, in the order in which they are applied. */
export async function readMigrationNames(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

/** Prisma's own migration files, as its engine wants them. */
export async function readMigrationsFolder(): Promise<MigrationList> {
  const baseDir = MIGRATIONS_FOLDER
  const names = await readMigrationNames()
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: await readFile(join(baseDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(baseDir, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  }
}

/** The schema that the migrations are to lead to: path and text. */
export async function readSchemaFile(): Promise<{ path: string; content: string }> {
  const path = join(PRISMA_FOLDER, 'schema.prisma')
  return { path, content: await readFile(path, 'utf8') }
}
