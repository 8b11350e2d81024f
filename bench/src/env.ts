import { pickEnvironment } from '@importer/runtime'

/** The variables as the system under test gets them: what is set for production holds here, too. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>

export function ownEnvironment(): RawEnvironment {
  return process.env
}

/** Where to put things, and which server to use; both undefined when unset. */
export function readBenchEnvironment(env: RawEnvironment): {
  dataDir: string | undefined
  databaseUrl: string | undefined
} {
  const { DATA_DIR, DATABASE_URL } = pickEnvironment(['DATA_DIR', 'DATABASE_URL'], env)
  // Its default is the product's own folder, which holds somebody's data.
  return { dataDir: env['DATA_DIR'] ? DATA_DIR : undefined, databaseUrl: DATABASE_URL }
}
