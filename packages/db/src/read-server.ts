import type { Database } from './open-database.ts'

/** The database server, as it answers. */
export interface DatabaseServer {
  /** such as `18.1` */
  readonly version: string
  /** by its own clock */
  readonly now: Date
  /** Who is connected. */
  readonly role: string
  /** Policies do not hold this role: it is a superuser, or has BYPASSRLS. */
  readonly bypassesRowSecurity: boolean
}

export async function readServer({ prisma }: Pick<Database, 'prisma'>): Promise<DatabaseServer> {
  const [row] = await prisma.$queryRaw<DatabaseServer[]>`
    SELECT current_setting('server_version') AS version, clock_timestamp() AS now, rolname::text AS role,
           rolsuper OR rolbypassrls AS "bypassesRowSecurity"
    FROM pg_roles WHERE rolname = current_user`
  if (row === undefined) throw new Error('the database answered without a row')
  return row
}
