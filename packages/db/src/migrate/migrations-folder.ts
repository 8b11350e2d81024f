import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { MigrationList } from '@prisma/schema-engine-wasm'

const PRISMA_FOLDER = fileURLToPath(new URL('../../../../prisma/', import.meta.url))

/** Prisma's own migration files, as its engine wants them. */
export async function readMigrationsFolder(): Promise<MigrationList> {
  const baseDir = join(PRISMA_FOLDER, 'migrations')
  const entries = await readdir(baseDir, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
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
