import { randomUUID } from 'node:crypto'

import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'

import { READ_CATALOGUE } from '../sql/read-catalogue.ts'
import { migrateDatabase } from './migrate-database.ts'

/** Something of the schema that is not as the migrations make it. */
export interface SchemaDrift {
  readonly kind: string
  /** such as `import.status` of a column */
  readonly name: string
  /** Null: the migrations make no such thing. */
  readonly expected: string | null
  /** Null: it is missing. */
  readonly found: string | null
}

interface CatalogueRow {
  readonly kind: string
  readonly name: string
  readonly definition: string
}

/**
 * Compares a database with what the migrations of this version make, in a new database beside it that is removed again, at once
 * when the signal ends it. Throws where that cannot be made: the user needs CREATEDB.
 */
export async function findSchemaDrift(databaseUrl: string, signal?: AbortSignal): Promise<SchemaDrift[]> {
  const name = `redemptions_doctor_${randomUUID().replaceAll('-', '')}`
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await client.connect()
  try {
    const drop = async () => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    // Breaks off what is done there. That it failed is seen by the second one.
    const giveUp = (): void => void drop().catch(() => undefined)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', giveUp)
    try {
      await client.query(`CREATE DATABASE ${name}`)
      const scratch = new URL(databaseUrl)
      scratch.pathname = `/${name}`
      await migrateDatabase(scratch.href)
      const expected = await readCatalogue(scratch.href)
      const { rows: found } = await client.query<CatalogueRow>(READ_CATALOGUE)
      return compare(expected, found)
    } finally {
      signal?.removeEventListener('abort', giveUp)
      await drop()
    }
  } finally {
    await client.end()
  }
}

async function readCatalogue(url: string): Promise<CatalogueRow[]> {
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: url })
  await client.connect()
  try {
    return (await client.query<CatalogueRow>(READ_CATALOGUE)).rows
  } finally {
    await client.end()
  }
}

function compare(expected: readonly CatalogueRow[], found: readonly CatalogueRow[]): SchemaDrift[] {
  const keyOf = ({ kind, name }: CatalogueRow): string => `${kind} ${name}`
  const wanted = new Map(expected.map((row) => [keyOf(row), row]))
  const there = new Map(found.map((row) => [keyOf(row), row]))
  return [...new Set([...wanted.keys(), ...there.keys()])].toSorted().flatMap((key) => {
    const [want, have] = [wanted.get(key), there.get(key)]
    if (want?.definition === have?.definition) return []
    const { kind, name } = want ?? have ?? { kind: '', name: '' }
    return [{ kind, name, expected: want?.definition ?? null, found: have?.definition ?? null }]
  })
}
