import { BoundedPool } from '@importer/connections'
import { PrismaPg } from '@prisma/adapter-pg'

import { BinaryParameters } from './binary-parameters.ts'
import { throwUnavailable } from './database-errors.ts'
import { PrismaClient, type Prisma } from './generated/client.ts'
import { createSecretVault, type SecretVault } from './webhooks/secret-vault.ts'

export interface Database {
  readonly prisma: PrismaClient
  /** Opens and seals the secrets of webhooks. */
  readonly secrets: SecretVault
  /** Runs a statement whose parameters may be bytes in PostgreSQL's binary format, megabytes of them. */
  queryBatch<Row>(text: string, parameters: readonly unknown[]): Promise<Row[]>
  /** The same within a transaction of this database's. */
  queryBatchIn<Row>(tx: Transaction, text: string, parameters: readonly unknown[]): Promise<Row[]>
  /** How many requests wait for a connection just now. */
  countWaiting(): number
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
  /** Called for connections that broke while idle; the pool makes new ones by itself. */
  readonly onConnectionLost: (error: Error) => void
  /** 32 bytes each: the first seals the secrets of webhooks, all open them. Without, they are stored as they are. */
  readonly secretsKeys?: readonly Buffer[] | undefined
}

/** pg's ten seconds would let the imports that come one by one each begin with connections that know nothing yet. */
const IDLE_TIMEOUT_MS = 300_000

/** Opens a pool; no connection is made before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new BoundedPool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  })
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: true,
    onPoolError: options.onConnectionLost,
    onConnectionError: options.onConnectionLost,
  })
  const bytes = new BinaryParameters()
  const prisma = throwUnavailable(new PrismaClient({ adapter: bytes.restoreIn(adapter) }))
  const queryBatchIn = async <Row>(client: Transaction, text: string, parameters: readonly unknown[]) =>
    bytes.use(parameters, async (marked) => client.$queryRawUnsafe<Row[]>(text, ...marked))
  return {
    prisma,
    secrets: createSecretVault(options.secretsKeys ?? []),
    queryBatch: async <Row>(text: string, parameters: readonly unknown[]) =>
      queryBatchIn<Row>(prisma, text, parameters),
    queryBatchIn,
    countWaiting: () => pool.waitingCount,
    async ping() {
      await prisma.$queryRaw`SELECT 1`
    },
    async close() {
      await prisma.$disconnect()
    },
  }
}
