import { LIMITS } from '@importer/connections'

import { restoreUnavailable } from '../database-errors.ts'
import { Prisma, type PrismaClient } from '../generated/client.ts'
import { markScope, scopeStatements, type Scope } from './scope.ts'

/** What a client and a transaction of it have in common: models, and statements of ours. */
export type ScopedClient = Omit<Prisma.TransactionClient, '$transaction'>

type Query = TemplateStringsArray | Prisma.Sql

/** As the client names them. */
const MODELS: ReadonlySet<string> = new Set(
  Object.values(Prisma.ModelName).map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`),
)

/** Long enough for a database that is busy: Prisma's own 5 s would give up what is about to succeed. */
const TRANSACTION = { maxWait: LIMITS.database.transactionMs, timeout: LIMITS.database.transactionMs }

/**
 * The client as one organization, or the system's own work, uses it. A statement of ours carries its scope in front of its
 * text (scoped-pool.ts). What Prisma makes of a model's operation cannot be marked: it runs in a transaction that names
 * the scope first, which costs three round trips more; where that counts, a statement is written out.
 */
export function scopeClient(prisma: PrismaClient, scope: Scope): ScopedClient {
  const mark = markScope(scope)
  const statements: Readonly<Record<string, unknown>> = {
    $queryRawUnsafe: async (text: string, ...values: unknown[]) => prisma.$queryRawUnsafe(mark + text, ...values),
    $executeRawUnsafe: async (text: string, ...values: unknown[]) => prisma.$executeRawUnsafe(mark + text, ...values),
    $queryRaw: async (query: Query, ...values: unknown[]) => {
      const sql = toSql(query, values)
      return prisma.$queryRawUnsafe(mark + sql.text, ...sql.values)
    },
    $executeRaw: async (query: Query, ...values: unknown[]) => {
      const sql = toSql(query, values)
      return prisma.$executeRawUnsafe(mark + sql.text, ...sql.values)
    },
  }
  // Each request has a client of its own: what it does not use costs it nothing.
  const client = new Proxy(statements, {
    get: (known, name: string) => known[name] ?? (MODELS.has(name) ? scopeModel(prisma, name, scope) : undefined),
  })
  return client as unknown as ScopedClient
}

/** Runs `use` in a transaction that has the scope. */
export async function runScoped<Result>(
  prisma: PrismaClient,
  scope: Scope,
  use: (tx: ScopedClient) => Promise<Result>,
): Promise<Result> {
  try {
    return await prisma.$transaction(async (tx) => {
      for (const { text, values } of scopeStatements(scope, { isLocal: true })) {
        await tx.$executeRawUnsafe(text, ...values)
      }
      return use(tx)
    }, TRANSACTION)
  } catch (error) {
    throw restoreUnavailable(error)
  }
}

type Operation = (options: unknown) => Prisma.PrismaPromise<unknown>

function scopeModel(prisma: PrismaClient, model: string, scope: Scope): unknown {
  return new Proxy(
    {},
    {
      get: (_, operation: string) => async (options: unknown) => {
        const operations = (prisma as unknown as Record<string, Record<string, Operation>>)[model]
        const run = operations?.[operation]
        if (run === undefined) throw new TypeError(`${model} has no operation ${operation}`)
        const entering = scopeStatements(scope, { isLocal: true }).map(({ text, values }) =>
          prisma.$executeRawUnsafe(text, ...values),
        )
        try {
          const results = await prisma.$transaction([...entering, run.call(operations, options)], TRANSACTION)
          return results.at(-1)
        } catch (error) {
          throw restoreUnavailable(error)
        }
      },
    },
  )
}

function toSql(query: Query, values: readonly unknown[]): Prisma.Sql {
  return 'raw' in query ? Prisma.sql(query, ...values) : query
}
