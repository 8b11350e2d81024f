import { UnavailableError } from '@importer/contracts'

import { ConflictError } from './database-errors.ts'
import type { Database } from './open-database.ts'

/** The arrays that try_statement hands on, by type: how they are named there, how many there are, the first one's number. */
const SLOTS = {
  'int[]': { letter: 'i', count: 4, first: 2 },
  'bigint[]': { letter: 'b', count: 16, first: 6 },
  'text[]': { letter: 't', count: 16, first: 22 },
} as const

/** As an action does with the batch that is in its way; also a lock that was not given in time. */
const CANCELED = '57014'

interface Call {
  readonly statement: string
  readonly text: string
  readonly numbers: readonly unknown[]
  readonly arrays: readonly unknown[]
}

/**
 * Runs a statement that gives one row at most, whose numbers, texts and arrays of these are written with their type
 * (`$1::int`); undefined: it gave none. Throws a ConflictError where it met what another transaction did meanwhile, and an
 * UnavailableError where it was cancelled or got a lock not in time: all are expected, and PostgreSQL's log has no error of them. Nothing of the
 * statement is kept then. `name`: by which pg_stat_activity shows it, as its text is a parameter.
 */
export async function tryStatement<Row>(
  database: Pick<Database, 'queryBatch'>,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<Row | undefined> {
  const call = makeCall(name, text, values)
  const [tried] = await database.queryBatch<{ conflict: string | null; result: Row | null }>(call.text, [
    call.statement,
    call.numbers,
    ...call.arrays,
  ])
  if (tried === undefined) throw new Error('try_statement gave no row')
  if (tried.conflict === CANCELED) throw new UnavailableError('DATABASE_UNAVAILABLE', 'a statement was cancelled')
  if (tried.conflict !== null) throw new ConflictError(tried.conflict)
  return tried.result ?? undefined
}

/** The statement with its parameters where try_statement has them, and the call that hands them over. */
function makeCall(name: string, text: string, values: readonly unknown[]): Call {
  const numbers: string[] = []
  const arrays: unknown[] = []
  const slots: string[] = []
  const taken = { 'int[]': 0, 'bigint[]': 0, 'text[]': 0 }
  const written = new Map<string, string>()

  function place(parameter: string, type: string): string {
    const value = values[Number(parameter) - 1]
    if (type === 'int' || type === 'bigint') return `$1[${numbers.push(String(value))}]`
    if (type === 'text') return `${placeArray('text[]', [value])}[1]`
    if (!(type in SLOTS)) throw new Error(`a statement that is tried has a parameter of the type ${type}`)
    return placeArray(type as keyof typeof SLOTS, value)
  }

  function placeArray(type: keyof typeof SLOTS, value: unknown): string {
    const { letter, count, first } = SLOTS[type]
    const slot = (taken[type] += 1)
    if (slot > count) throw new Error(`a statement that is tried has more than ${count} parameters of the type ${type}`)
    slots.push(`${letter}${slot} => $${arrays.push(value) + 2}::${type}`)
    return `$${first + slot - 1}`
  }

  const statement = text.replaceAll(/\$(\d+)::(\w+(?:\[\])?)/g, (_, parameter: string, type: string) => {
    const known = written.get(parameter) ?? place(parameter, type)
    written.set(parameter, known)
    return `${known}::${type}`
  })
  const call = ['$1::text', '$2::bigint[]', ...slots].join(', ')
  return { statement, text: `/* ${name} */ SELECT conflict, result FROM try_statement(${call})`, numbers, arrays }
}
