import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'

/** Any fixed number: everyone who migrates or grants takes this lock, so that several hosts may start at once. */
export const MIGRATION_LOCK = 7_264_001

/** To whom the rights are given, on what the migrating role has in one schema. */
export interface Grant {
  readonly role: string
  readonly schema: string
}

/**
 * The statements that give the role $1 what intake and worker do with the schema $2: rows read and written, sequences and
 * functions used, nothing created. What others have there, such as an extension, is left alone. Everybody may connect and make
 * temporary tables, which BullMQ does, unless an administrator has taken that away.
 */
const WRITE_GRANTS = `
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), $1::text) AS statement
WHERE NOT (has_database_privilege($1::name, current_database()::text, 'CONNECT')
           AND has_database_privilege($1::name, current_database()::text, 'TEMPORARY'))
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', $2::text, $1::text)
UNION ALL
SELECT CASE WHEN relkind = 'S' THEN format('GRANT USAGE ON SEQUENCE %s TO %I', oid::regclass, $1::text)
            WHEN relname = '_prisma_migrations' THEN format('GRANT SELECT ON %s TO %I', oid::regclass, $1::text)
            ELSE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', oid::regclass, $1::text) END
FROM pg_class
WHERE relnamespace = quote_ident($2)::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND pg_has_role(relowner, 'USAGE')
UNION ALL
SELECT format('GRANT EXECUTE ON ROUTINE %s TO %I', oid::regprocedure, $1::text)
FROM pg_proc
WHERE pronamespace = quote_ident($2)::regnamespace AND pg_has_role(proowner, 'USAGE')`

/** Gives a role its rights in a schema of that database. Throws an Error that says what to do where it is no role for that. */
export async function grantSchemaRights(databaseUrl: string, grant: Grant): Promise<void> {
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await checkAppRole(client, grant.role)
    await grantRights(client, grant)
  } finally {
    await client.end()
  }
}

/** The same on a connection that holds the lock of migrations, and within its transaction if there is one. */
export async function grantRights(client: BoundedClient, { role, schema }: Grant): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(WRITE_GRANTS, [role, schema])
  await client.query(rows.map(({ statement }) => statement).join(';\n'))
}

/**
 * Throws an Error that says what to do unless the role exists and has rights of its own alone. Gives a warning where policies
 * do not hold it, which an operator may want so.
 */
export async function checkAppRole(client: BoundedClient, role: string): Promise<string | undefined> {
  // A role counts as a member of itself, and a superuser as a member of every role.
  const { rows } = await client.query<{ owner: string; isOwner: boolean; bypassesRowSecurity: boolean }>(
    `SELECT current_user AS owner, pg_has_role(oid, current_user, 'MEMBER') AS "isOwner",
            rolbypassrls AS "bypassesRowSecurity"
     FROM pg_roles WHERE rolname = $1`,
    [role],
  )
  const [found] = rows
  if (found === undefined) {
    throw new Error(
      `DATABASE_APP_ROLE is "${role}", and there is no such role; create it as an administrator (CREATE ROLE "${role}" LOGIN PASSWORD '…') and run \`npm run migrate\` again`,
    )
  }
  if (found.isOwner) {
    throw new Error(
      `DATABASE_APP_ROLE is "${role}", which has all rights of ${found.owner}, the role of DATABASE_URL; expected a role that is neither that one nor a member of it nor a superuser`,
    )
  }
  if (!found.bypassesRowSecurity) return undefined
  return `the role "${role}" of DATABASE_APP_ROLE has BYPASSRLS, so the policies that keep organizations apart do not hold it; take it away as an administrator (ALTER ROLE "${role}" NOBYPASSRLS)`
}

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
