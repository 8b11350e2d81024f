import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'

/**
 * Whether the role of the URL owns the tables, or there are none yet: it may migrate, and give another role its rights. Throws an
 * UnavailableError where the database is away.
 */
export async function mayMigrate(databaseUrl: string): Promise<boolean> {
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ isOwner: boolean }>(
      `SELECT pg_has_role(relowner, 'USAGE') AS "isOwner" FROM pg_class WHERE oid = to_regclass('_prisma_migrations')`,
    )
    return rows[0]?.isOwner ?? true
  } finally {
    await client.end()
  }
}
