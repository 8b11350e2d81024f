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
  return pino(options, destination ?? openStandardOutput())
}

/** Nobody can be notified of a line that nobody reads, and the process goes on without its log. */
const ignoreLostReader = (): void => undefined

/**
 * The process's own stream, which writes before it returns. pino's default (sonic-boom 4.2) does too, but once the reader of
 * the pipe is gone its `flushSync` writes the same bytes again without end: a process whose supervisor died never ended.
 */
function openStandardOutput(): DestinationStream {
  if (!process.stdout.listeners('error').includes(ignoreLostReader)) process.stdout.on('error', ignoreLostReader)
  return process.stdout
}
