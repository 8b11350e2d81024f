import { pino, stdTimeFunctions, type DestinationStream, type LevelWithSilent, type Logger } from 'pino'

export type { Logger } from 'pino'

export interface LogOptions {
  /** Which process speaks: `intake`, `worker`. */
  readonly name: string
  readonly level: LevelWithSilent
  /** Standard output unless given. */
  readonly destination?: DestinationStream
}

/** What must never be written, wherever in the first levels of an entry it stands. */
const SECRET_NAMES = [
  'authorization',
  'x-cap-api-oauth-token',
  'cookie',
  'apiKey',
  'password',
  'secret',
  'databaseUrl',
  'redisUrl',
  'DATABASE_URL',
  'REDIS_URL',
  'BOOTSTRAP_API_KEY',
]

/** A logger that writes one JSON object per line, with the secrets that it recognises left out. */
export function createLog({ name, level, destination }: LogOptions): Logger {
  const paths = SECRET_NAMES.flatMap((secret) => {
    const step = `["${secret}"]`
    return [step, `*${step}`, `*.*${step}`, `*.*.*${step}`]
  })
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths, censor: '[redacted]' },
  }
  return destination ? pino(options, destination) : pino(options)
}
