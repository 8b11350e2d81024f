import {
  compareCounts,
  describeSchemaFault,
  findSchemaDrift,
  readServer,
  requireOwnSessions,
  TransactionPoolerError,
  type Database,
  type DatabaseServer,
  type SchemaDrift,
} from '@importer/db'
import { resolvesWithin } from '@importer/runtime'

import { untilAborted } from '../framework/until-aborted.ts'
import { describeFailure, finding, ok, skipped, type Check } from './check.ts'
import { examine } from './examine.ts'

const OLDEST_POSTGRES = 15
const MOST_CLOCK_DIFFERENCE_MS = 5_000
const LATEST_IMPORTS = 20
/** More than this would take minutes to count. */
const MOST_ROWS = 1_000_000
const MOST_DRIFTS_SHOWN = 5

/** Removing the database that the schema is compared with. */
const REMOVED_WITHIN_MS = 5_000

/**
 * Round trip, version, clock, and the schema against the migrations of this version: that one by the owner's address where it
 * is known, as it needs a database to compare with. Returns whether the database can be used: what is in it is looked at only then.
 */
export async function* checkDatabase(
  database: Database,
  { url, ownerUrl }: { readonly url: string; readonly ownerUrl: string },
  signal: AbortSignal,
): AsyncGenerator<Check, boolean> {
  const startedAt = Date.now()
  let server: DatabaseServer
  try {
    server = await untilAborted(signal, readServer(database))
  } catch (error) {
    signal.throwIfAborted()
    const remedy =
      'See that PostgreSQL runs and that DATABASE_URL is its address; with npm start it is started for you.'
    yield finding('Database', `it does not answer: ${describeFailure(error)}`, remedy)
    return false
  }
  const tookMs = Date.now() - startedAt
  yield checkVersion(server.version, tookMs)
  yield checkClock(server.now, startedAt + tookMs / 2)
  let hasOwnSessions = true
  const pooler = await examine(signal, 'Pooler', async () => {
    const fault = await findPoolerFault(url)
    hasOwnSessions = fault === null
    return fault ?? ok('Pooler', 'each connection has a session of its own')
  })
  if (pooler.state !== 'ok') yield pooler
  if (!hasOwnSessions) return false
  const applied = await examine(signal, 'Schema', async () => checkMigrations(database))
  if (applied.state !== 'ok') {
    yield applied
    return false
  }
  yield await checkDrift(ownerUrl, signal)
  yield checkRole(server)
  return true
}

/** The counts of the latest imports against their rows. */
export async function checkCounts(database: Database): Promise<Check> {
  const { imports, mismatches } = await compareCounts(database, { latest: LATEST_IMPORTS, maxRows: MOST_ROWS })
  if (mismatches.length === 0) return ok('Imports', `the counts of the latest ${imports} are those of their rows`)
  const found = mismatches.map(
    ({ importId, outcome, counted, recorded }) => `import ${importId} counts ${counted} ${outcome} and has ${recorded}`,
  )
  return finding(
    'Imports',
    found.join('; '),
    'Somebody changed rows by hand, or a restored backup is incomplete. Compare with redemptions report, and restore.',
  )
}

function checkRole({ role, bypassesRowSecurity }: DatabaseServer): Check {
  if (!bypassesRowSecurity) return ok('Role', `${role} is held by the policies that keep organizations apart`)
  return finding(
    'Role',
    `${role} is a superuser or has BYPASSRLS: the policies that keep organizations apart do not hold it`,
    'Let intake and worker connect as a role of their own: see "Rights in the database" in docs/operations.md.',
  )
}

async function findPoolerFault(url: string): Promise<Check | null> {
  try {
    await requireOwnSessions(url)
    return null
  } catch (error) {
    if (!(error instanceof TransactionPoolerError)) throw error
    return finding('Pooler', error.message, 'See "Connections and poolers" in docs/operations.md.')
  }
}

function checkVersion(version: string, tookMs: number): Check {
  const found = `PostgreSQL ${version} answers in ${tookMs} ms`
  if (Number.parseInt(version, 10) >= OLDEST_POSTGRES) return ok('Database', found)
  return finding('Database', found, `Upgrade to PostgreSQL ${OLDEST_POSTGRES} or later.`)
}

export function checkClock(databaseNow: Date, localNowMs: number): Check {
  const differenceMs = Math.abs(databaseNow.getTime() - localNowMs)
  const found = `the clocks of this machine and the database differ by ${(differenceMs / 1_000).toFixed(1)} s`
  if (differenceMs <= MOST_CLOCK_DIFFERENCE_MS) return ok('Clock', found)
  return finding('Clock', found, 'Let both keep time by NTP: dates, sessions and signatures of webhooks depend on it.')
}

async function checkMigrations(database: Database): Promise<Check> {
  const fault = await describeSchemaFault(database)
  if (fault === null) return ok('Schema', 'all migrations are applied')
  return finding('Schema', fault, 'Run npm run migrate; npm start does it by itself.')
}

async function checkDrift(url: string, signal: AbortSignal): Promise<Check> {
  let drifts: SchemaDrift[]
  const comparing = findSchemaDrift(url, signal)
  try {
    drifts = await untilAborted(signal, comparing)
  } catch (error) {
    if (signal.aborted) await resolvesWithin(Promise.allSettled([comparing]), REMOVED_WITHIN_MS)
    signal.throwIfAborted()
    const why = describeFailure(error)
    return skipped(
      'Schema',
      `all migrations are applied; not compared with them, which needs the right CREATEDB: ${why}`,
    )
  }
  if (drifts.length === 0) return ok('Schema', 'it is what the migrations make')
  const shown = drifts.slice(0, MOST_DRIFTS_SHOWN).map(({ kind, name, expected, found }) => {
    if (found === null) return `the ${kind} ${name} is missing`
    return expected === null ? `the ${kind} ${name} is of no migration` : `the ${kind} ${name} is another one: ${found}`
  })
  if (drifts.length > shown.length) shown.push(`${drifts.length - shown.length} more`)
  return finding(
    'Schema',
    shown.join('; '),
    'Somebody changed the schema by hand, or a newer version runs here. Make it as prisma/migrations has it.',
  )
}
