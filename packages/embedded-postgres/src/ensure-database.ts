import pg from 'pg'

const DUPLICATE_DATABASE = '42P04'

export interface WantedDatabase {
  readonly name: string
  /** The role by which everything but migrations connects; it has the rights that it is granted and no others. */
  readonly appRole: string
  readonly appPassword: string
}

/** Creates a database and a role unless they exist, and sets the role's password. `url`: a superuser's, of another database of the server. */
export async function ensureDatabase(url: string, { name, appRole, appPassword }: WantedDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'embedded-postgres' })
  // The error of a connection that breaks is also that of the query which was under way.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rowCount: databases } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (databases === 0) await createDatabase(client, name)
    const { rowCount: roles } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [appRole])
    const role = client.escapeIdentifier(appRole)
    if (roles === 0) await client.query(`CREATE ROLE ${role}`)
    await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(appPassword)}`)
  } finally {
    await client.end()
  }
}

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === DUPLICATE_DATABASE)) throw error
  }
}
