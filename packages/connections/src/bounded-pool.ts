import pg from 'pg'

import { BoundedClient, type BoundedClientConfig } from './bounded-client.ts'
import { LIMITS } from './limits.ts'
import { classifyPostgresError } from './postgres-errors.ts'

export interface BoundedPoolConfig extends BoundedClientConfig {
  readonly max: number
  readonly idleTimeoutMillis?: number
}

type Callback = (error: Error | undefined, ...results: unknown[]) => void

/** How a connection to PostgreSQL is made, whoever makes it: with pg, a pool of it, or a library on top of it. */
export const POSTGRES_CONNECTION = {
  connectionTimeoutMillis: LIMITS.connectMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: LIMITS.keepAliveDelayMs,
  sessionSettings: {
    tcp_keepalives_idle: String(LIMITS.keepAliveDelayMs / 1_000),
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '3',
    tcp_user_timeout: String(LIMITS.database.unacknowledgedMs),
  },
} as const satisfies BoundedClientConfig

/** The same for the short statements of a service, each with a limit on both sides. */
export const POSTGRES_REQUESTS = {
  ...POSTGRES_CONNECTION,
  requestTimeoutMs: LIMITS.database.requestMs,
  sessionSettings: {
    ...POSTGRES_CONNECTION.sessionSettings,
    statement_timeout: String(LIMITS.database.statementMs),
    transaction_timeout: String(LIMITS.database.transactionMs),
    idle_in_transaction_session_timeout: String(LIMITS.database.idleInTransactionMs),
  },
} as const satisfies BoundedClientConfig

/** A pool of such connections. Waiting for one of them has a limit too, and whoever gets none learns that it is unavailable. */
export class BoundedPool extends pg.Pool {
  constructor(config: BoundedPoolConfig) {
    super({ ...POSTGRES_REQUESTS, ...config, Client: BoundedClient })
    const connect = super.connect.bind(this) as (callback: Callback) => void
    Object.assign(this, {
      connect: (callback?: Callback) => {
        const classify = (error: Error): Error => classifyPostgresError(error, { isLost: !this.ending })
        if (callback !== undefined) {
          connect((error, ...results) => callback(error && classify(error), ...results))
          return undefined
        }
        return new Promise((resolve, reject) => {
          connect((error, client) => (error ? reject(classify(error)) : resolve(client)))
        })
      },
    })
  }
}
