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

import { describeFailure, finding, ok, skipped, type Check } from './check.ts'

const OLDEST_POSTGRES = 15
const MOST_CLOCK_DIFFERENCE_MS = 5_000
const LATEST_IMPORTS = 20
/** More than this would take minutes to count. */
const MOST_ROWS = 1_000_000
const MOST_DRIFTS_SHOWN = 5

export interface DatabaseChecks {
  readonly checks: readonly Check[]
  /** Whether the database can be used: what is in it is looked at only then. */
  readonly isUsable: boolean
}

/**
 * Round trip, version, clock, and the schema against the migrations of this version: that one by the owner's address where it
 * is known, as it needs a database to compare with.
 */
export async function checkDatabase(
  database: Database,
  { url, ownerUrl }: { readonly url: string; readonly ownerUrl: string },
): Promise<DatabaseChecks> {
  const startedAt = Date.now()
  let server: DatabaseServer
  try {
    server = await readServer(database)
  } catch (error) {
    const remedy =
      'See that PostgreSQL runs and that DATABASE_URL is its address; with npm start it is started for you.'
    return { checks: [finding('Database', `it does not answer: ${describeFailure(error)}`, remedy)], isUsable: false }
  }
  const tookMs = Date.now() - startedAt
  const checks: Check[] = [checkVersion(server.version, tookMs), checkClock(server.now, startedAt + tookMs / 2)]
  const pooler = await findPoolerFault(url)
  if (pooler !== null) {
    checks.push(pooler)
    return { checks, isUsable: false }
  }
  const fault = await describeSchemaFault(database)
  if (fault !== null) {
    checks.push(finding('Schema', fault, 'Run npm run migrate; npm start does it by itself.'))
    return { checks, isUsable: false }
  }
  checks.push(await checkDrift(ownerUrl), checkRole(server))
  return { checks, isUsable: true }
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

async function checkDrift(url: string): Promise<Check> {
  let drifts: SchemaDrift[]
  try {
    drifts = await findSchemaDrift(url)
  } catch (error) {
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
