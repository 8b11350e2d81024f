import { UnavailableError } from '@importer/contracts'
import pg from 'pg'

import { distrustConnections, rememberConnection, type OpenConnection } from './distrusted-connections.ts'
import { LIMITS } from './limits.ts'
import { classifyPostgresError } from './postgres-errors.ts'

export interface BoundedClientConfig extends pg.ClientConfig {
  /** The longest wait for the answer to a query; undefined: only a broken connection ends it. */
  readonly requestTimeoutMs?: number
  /** What the server is to give up by itself, by the names of its settings. Those that it does not know are left out. */
  readonly sessionSettings?: Readonly<Record<string, string>>
}

type Callback = (error: unknown, ...results: unknown[]) => void
type Query = (...parameters: unknown[]) => unknown

/** Unknown names give no row, so that an older server takes what it knows. */
const APPLY_SETTINGS = `
  SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
  WHERE current_setting(name, true) IS NOT NULL`

/**
 * A connection to PostgreSQL on which nothing is waited for without a limit, and whose errors say when the database is
 * unavailable. A query that has no answer in time ends its connection: a late answer would be taken for that of the next
 * query, and pg's own `query_timeout` leaves it in use.
 */
export class BoundedClient extends pg.Client implements OpenConnection {
  readonly #requestTimeoutMs: number | undefined
  readonly #sessionSettings: Readonly<Record<string, string>>
  #isLost = false
  /** Queries that have no answer yet. */
  #inFlight = 0
  #isDistrusted = false
  readonly madeAt = performance.now()

  constructor(config: BoundedClientConfig = {}) {
    super(config)
    this.#requestTimeoutMs = config.requestTimeoutMs
    this.#sessionSettings = config.sessionSettings ?? {}
    // A connection may break when its owner does not listen yet, or no longer: that must not end the process.
    this.on('error', () => undefined)
    // pg declares a dozen shapes of a query and of connecting; what they have in common is a callback or a promise.
    const query: Query = super.query.bind(this)
    const connect = super.connect.bind(this) as () => Promise<unknown>
    Object.assign(this, {
      query: (...parameters: unknown[]) => this.#limit(query, parameters),
      connect: (callback?: Callback) => settle(this.#connectAndSet(connect), callback),
    })
  }

  /** An error that the connection reports, and not one query, is its end. */
  override emit(name: string | symbol, ...values: unknown[]): boolean {
    if (name !== 'error') return super.emit(name, ...values)
    this.#isLost = true
    return super.emit(name, classifyPostgresError(values[0], { isLost: true }))
  }

  discardWhenIdle(): void {
    this.#isDistrusted = true
    if (this.#inFlight > 0 || this.getTransactionStatus() !== 'I') return
    // Its pool hears of it at once, and gives it to nobody any more.
    this.emit('error', new UnavailableError('DATABASE_UNAVAILABLE', 'connections of the same time cannot be trusted'))
    this.connection.stream.destroy()
  }

  /** All that this process has to the same server, whoever uses them: each ends when it is idle. */
  discardConnections(): void {
    distrustConnections(this.#server, performance.now())
  }

  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    this.#isLost = true
    // A peer that is silent never acknowledges the end.
    const timer = setTimeout(() => this.connection.stream.destroy(), LIMITS.database.closeMs)
    this.once('end', () => clearTimeout(timer))
    return callback === undefined ? super.end() : super.end(callback)
  }

  async #connectAndSet(connect: () => Promise<unknown>): Promise<this> {
    try {
      await connect()
      this.once('end', rememberConnection(this.#server, this))
      const names = Object.keys(this.#sessionSettings)
      if (names.length > 0) await this.query(APPLY_SETTINGS, [names, Object.values(this.#sessionSettings)])
      return this
    } catch (error) {
      this.connection.stream.destroy()
      throw classifyPostgresError(error, { isLost: true })
    }
  }

  #limit(query: Query, parameters: unknown[]): unknown {
    const timeoutMs = this.#requestTimeoutMs
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#giveUp(timeoutMs), timeoutMs)
    const end = (): void => {
      this.#inFlight -= 1
      if (this.#isDistrusted) this.discardWhenIdle()
      clearTimeout(timer)
    }
    this.#inFlight += 1
    const callback = parameters.at(-1)
    if (typeof callback === 'function') {
      return query(...parameters.slice(0, -1), (error: unknown, ...results: unknown[]) => {
        end()
        ;(callback as Callback)(error && this.#classify(error), ...results)
      })
    }
    const answer = query(...parameters)
    if (!(answer instanceof Promise)) {
      // A query of its own kind, such as a COPY, ends when its reader says so; until then, and after, this is in use.
      clearTimeout(timer)
      return answer
    }
    return answer.then(
      (result: unknown) => {
        end()
        return result
      },
      (error: unknown) => {
        end()
        throw this.#classify(error)
      },
    )
  }

  #classify(error: unknown): unknown {
    return classifyPostgresError(error, { isLost: this.#isLost })
  }

  get #server(): string {
    return `${this.host}:${this.port}`
  }

  #giveUp(timeoutMs: number): void {
    this.connection.stream.destroy(
      new UnavailableError('DATABASE_UNAVAILABLE', `the database did not answer a query within ${timeoutMs} ms`),
    )
    distrustConnections(this.#server, performance.now() - timeoutMs)
  }
}

function settle<Result>(promise: Promise<Result>, callback: Callback | undefined): Promise<Result> | undefined {
  if (callback === undefined) return promise
  promise.then(
    (result) => callback(null, result),
    (error: unknown) => callback(error),
  )
  return undefined
}
