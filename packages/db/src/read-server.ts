import type { Database } from './open-database.ts'

/** The database server, as it answers. */
export interface DatabaseServer {
  /** such as `18.1` */
  readonly version: string
  /** by its own clock */
  readonly now: Date
}

export async function readServer({ prisma }: Pick<Database, 'prisma'>): Promise<DatabaseServer> {
  const [row] = await prisma.$queryRaw<{ version: string; now: Date }[]>`
    SELECT current_setting('server_version') AS version, clock_timestamp() AS now`
  if (row === undefined) throw new Error('the database answered without a row')
  return row
}
