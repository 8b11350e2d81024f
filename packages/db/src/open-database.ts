import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'

import { PrismaClient, type Prisma } from './generated/client.ts'

export interface Database {
  readonly prisma: PrismaClient
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** The client within one transaction. */
export type Transaction = Prisma.TransactionClient

export interface DatabaseOptions {
  readonly url: string
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  readonly maxConnections: number
  /** Told of connections that broke while idle; the pool makes new ones by itself. */
  readonly onConnectionLost: (error: Error) => void
}

const CONNECT_TIMEOUT_MS = 5_000

/** Opens a pool; no connection is made before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  })
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: true,
    onPoolError: options.onConnectionLost,
    onConnectionError: options.onConnectionLost,
  })
  const prisma = new PrismaClient({ adapter })
  return {
    prisma,
    async ping() {
      await prisma.$queryRaw`SELECT 1`
    },
    async close() {
      await prisma.$disconnect()
    },
  }
}
