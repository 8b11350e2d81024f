import { PrismaPg } from '@prisma/adapter-pg'

import { BinaryParameters } from './binary-parameters.ts'
import { throwUnavailable } from './database-errors.ts'
import { PrismaClient } from './generated/client.ts'
import { runScoped, scopeClient, type ScopedClient } from './row-security/scoped-client.ts'
import { ScopedPool } from './row-security/scoped-pool.ts'
import type { Scope } from './row-security/scope.ts'
import { createSecretVault, type SecretVault } from './webhooks/secret-vault.ts'

/** A database as one organization uses it, which sees no other's rows; or the system's own work, which sees all. */
export interface Database {
  readonly prisma: ScopedClient
  /** Opens and seals the secrets of webhooks. */
  readonly secrets: SecretVault
  /** Runs a statement whose parameters may be bytes in PostgreSQL's binary format, megabytes of them. */
  queryBatch<Row>(text: string, parameters: readonly unknown[]): Promise<Row[]>
  /** The same within a transaction of this database's. */
  queryBatchIn<Row>(tx: Transaction, text: string, parameters: readonly unknown[]): Promise<Row[]>
  /**
   * Several statements, and what is decided between them, as one transaction. Keep it short and rare: it costs a round trip
   * a statement, with locks held. Should this process or its network die in the middle, the database ends the transaction
   * after 10 s, so that a lock is not kept for the hours that TCP takes to notice.
   */
  transaction<Result>(use: (tx: Transaction) => Promise<Result>): Promise<Result>
}

/** Gives each organization its database. */
export interface OrganizationDatabases {
  /** `importId`: the import that it is used for. Row errors, duplicates, places and error groups are seen of that one alone. */
  forOrganization(orgId: number, importId?: number): Database
}

/** The pool itself, as the system's own work uses it. */
export interface SystemDatabase extends Database, OrganizationDatabases {
  /** How many requests wait for a connection just now. */
  countWaiting(): number
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** The client within one transaction. */
export type Transaction = ScopedClient

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
export function openDatabase(options: DatabaseOptions): SystemDatabase {
  const pool = new ScopedPool({
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
  const secrets = createSecretVault(options.secretsKeys ?? [])

  function view(scope: Scope): Database {
    const client = scopeClient(prisma, scope)
    const queryBatchIn = async <Row>(tx: Transaction, text: string, parameters: readonly unknown[]) =>
      bytes.use(parameters, async (marked) => tx.$queryRawUnsafe<Row[]>(text, ...marked))
    return {
      prisma: client,
      secrets,
      queryBatch: async <Row>(text: string, parameters: readonly unknown[]) =>
        queryBatchIn<Row>(client, text, parameters),
      queryBatchIn,
      transaction: async (use) => runScoped(prisma, scope, use),
    }
  }

  return {
    ...view({ kind: 'system' }),
    forOrganization: (orgId, importId) => view({ kind: 'organization', orgId, importId }),
    countWaiting: () => pool.waitingCount,
    async ping() {
      await prisma.$queryRaw`SELECT 1`
    },
    async close() {
      await prisma.$disconnect()
    },
  }
}
