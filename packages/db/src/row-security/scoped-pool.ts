import { BoundedPool, type BoundedPoolConfig } from '@importer/connections'
import type { PoolClient, QueryConfig, QueryResult } from 'pg'

import { readMark, scopeStatements } from './scope.ts'

/** As pg's pool keeps the connections that nobody uses: the last one is used next. */
interface IdleConnections {
  readonly _idle: { readonly client: object }[]
}

/**
 * A pool that runs each statement in the scope that is marked in front of its text. A connection keeps its scope, and a
 * statement is given one that has its own where one is idle: so naming a scope costs a round trip when it changes, and
 * else nothing.
 *
 * A transaction names its scope in its first statement.
 */
export class ScopedPool extends BoundedPool {
  /** By the mark; a connection that is not in here may have any scope. */
  readonly #scopes = new WeakMap<object, string>()

  constructor(config: BoundedPoolConfig) {
    super(config)
    // pg declares a dozen shapes of a query; Prisma's adapter uses this one.
    Object.assign(this, { query: async (query: QueryConfig) => this.#run(query) })
  }

  async #run(query: QueryConfig): Promise<QueryResult> {
    const { mark, scope } = readMark(query.text)
    this.#prefer(mark)
    const client: PoolClient = await this.connect()
    let failure: Error | undefined
    try {
      if (this.#scopes.get(client) !== mark) {
        this.#scopes.delete(client)
        let isNamed = true
        for (const { text, values } of scopeStatements(scope, { isLocal: false })) {
          const { rowCount } = await client.query(text, [...values])
          isNamed &&= rowCount === 1
        }
        // An import that is not there may be made later: it is named anew each time.
        if (isNamed) this.#scopes.set(client, mark)
      }
      return await client.query({ ...query, text: query.text.slice(mark.length) })
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      // As pg's own pool does: a connection on which something failed is not used again.
      client.release(failure)
    }
  }

  #prefer(mark: string): void {
    const { _idle: idle } = this as unknown as IdleConnections
    const at = idle.findLastIndex(({ client }) => this.#scopes.get(client) === mark)
    if (at !== -1) idle.push(...idle.splice(at, 1))
  }
}
