import pg from 'pg'

/** A session of the database by itself, for tests that hold locks in it; the caller ends it. */
export async function openSession(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  return client
}
