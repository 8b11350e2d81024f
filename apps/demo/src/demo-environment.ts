import path from 'node:path'

import { chooseFreePort, isPortFree } from '@importer/embedded-postgres'
import { readEnvironment, type RawEnvironment } from '@importer/local-system'

/** Where else the data would go: a demonstration keeps to a folder of its own, whatever is configured. */
const OTHER_PLACES = ['DATABASE_URL', 'REDIS_URL', 'STORAGE_URL', 'S3_ENDPOINT'] as const
const NOT_OURS = ['PUBLIC_URL', 'BOOTSTRAP_ORG_ID', 'BOOTSTRAP_API_KEY'] as const

export interface DemoEnvironment {
  readonly env: RawEnvironment
  /** `<DATA_DIR>/<name>` */
  readonly dataDir: string
  /** what was configured and is not used */
  readonly ignored: readonly string[]
}

/**
 * The environment of an instance beside the one of `npm start`: a data folder below the usual one, with a PostgreSQL of
 * its own, and another port when the usual one is taken.
 */
export async function makeDemoEnvironment(env: RawEnvironment, name: string): Promise<DemoEnvironment> {
  const { DATA_DIR, HOST, PORT } = readEnvironment(env)
  const dataDir = path.join(DATA_DIR, name)
  const port = PORT !== 0 && (await isPortFree(PORT, HOST)) ? PORT : await chooseFreePort()
  const unset = Object.fromEntries([...OTHER_PLACES, ...NOT_OURS].map((variable) => [variable, undefined]))
  return {
    env: { ...env, ...unset, DATA_DIR: dataDir, PORT: String(port) },
    dataDir,
    ignored: OTHER_PLACES.filter((variable) => (env[variable] ?? '').trim() !== ''),
  }
}
