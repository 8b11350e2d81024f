import path from 'node:path'

import { chooseFreePort, isPortFree } from '@importer/embedded-postgres'
import { keepVariables, readEnvironment, type RawEnvironment } from '@importer/local-system'

/** Where else the data would go: a demonstration keeps to a folder of its own, whatever is configured. */
const OTHER_PLACES = ['DATABASE_URL', 'REDIS_URL', 'STORAGE_URL', 'S3_ENDPOINT'] as const
/** What else is meant for the demonstration too. Every other variable is for the real one: its ports, keys and limits. */
const KEPT = [
  'HOST',
  'PORT',
  'DATA_DIR',
  'WORKER_CONCURRENCY',
  'IMPORT_PARTITIONS',
  'IMPORT_BATCH_ROWS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'SHUTDOWN_TIMEOUT_SECONDS',
  'LOG_LEVEL',
] as const

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
  const kept = keepVariables(KEPT, env)
  const { DATA_DIR, HOST, PORT } = readEnvironment(kept)
  const dataDir = path.join(DATA_DIR, name)
  const port = PORT !== 0 && (await isPortFree(PORT, HOST)) ? PORT : await chooseFreePort()
  return {
    env: { ...kept, DATA_DIR: dataDir, PORT: String(port) },
    dataDir,
    ignored: OTHER_PLACES.filter((variable) => (env[variable] ?? '').trim() !== ''),
  }
}
