import { randomUUID } from 'node:crypto'

import type { SqlDriverAdapterFactory, SqlQueryable } from '@prisma/driver-adapter-utils'

/** Bytes held for queries under way, by the marker that stands for them. */
export class BinaryParameters {
  /** No text of anybody's else begins like this. */
  readonly #prefix = `bytes:${randomUUID()}:`
  readonly #held = new Map<string, Buffer>()
  #count = 0

  /**
   * Runs a query with its bytes replaced by markers. Prisma writes parameters to JSON and reads them back, and its debug
   * logs remember the last 100 queries with all they had, whether anyone debugs or not: with a batch's columns the one is a
   * tenth of the worker's processor time, the other 150 MB.
   */
  async use<Result>(parameters: readonly unknown[], query: (marked: unknown[]) => Promise<Result>): Promise<Result> {
    const markers: string[] = []
    const marked = parameters.map((value) => {
      if (!Buffer.isBuffer(value)) return value
      const marker = `${this.#prefix}${(this.#count += 1)}`
      this.#held.set(marker, value)
      markers.push(marker)
      return marker
    })
    try {
      return await query(marked)
    } finally {
      for (const marker of markers) this.#held.delete(marker)
    }
  }

  /** An adapter that sends, instead of a marker, its bytes, as a parameter in PostgreSQL's binary format; in transactions, too. */
  restoreIn(factory: SqlDriverAdapterFactory): SqlDriverAdapterFactory {
    return {
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: async () => {
        const adapter = await factory.connect()
        const startTransaction = adapter.startTransaction.bind(adapter)
        adapter.startTransaction = async (isolation) => this.#restoreQueriesOf(await startTransaction(isolation))
        return this.#restoreQueriesOf(adapter)
      },
    }
  }

  #restoreQueriesOf<Connection extends SqlQueryable>(connection: Connection): Connection {
    const queryRaw = connection.queryRaw.bind(connection)
    connection.queryRaw = async (query) => queryRaw({ ...query, args: query.args.map((value) => this.#restore(value)) })
    return connection
  }

  #restore(value: unknown): unknown {
    if (typeof value !== 'string' || !value.startsWith(this.#prefix)) return value
    // pg asks for the value when it writes it to the connection; what remembers the query remembers no bytes.
    return {
      toPostgres: () => {
        const bytes = this.#held.get(value)
        if (bytes === undefined) throw new Error('the bytes of a parameter are gone: its query has ended before')
        return bytes
      },
    }
  }
}
