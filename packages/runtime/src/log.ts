import { writeSync } from 'node:fs'

import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type LevelWithSilent, type Logger } from 'pino'

export type { Logger } from 'pino'

export interface LogOptions {
  /** Which process speaks: `intake`, `worker`. */
  readonly name: string
  readonly level: LevelWithSilent
  /** Standard output unless given. */
  readonly destination?: DestinationStream
}

/** What must never be written, wherever in an entry it stands: credentials, and what a file says. */
const SECRET_NAMES = new Set([
  'authorization',
  'x-cap-api-oauth-token',
  'cookie',
  'set-cookie',
  'apiKey',
  'key',
  'token',
  'password',
  'secret',
  'secrets',
  'databaseUrl',
  'redisUrl',
  'DATABASE_URL',
  'REDIS_URL',
  'BOOTSTRAP_API_KEY',
  'REDEMPTIONS_API_KEY',
  'SECRETS_KEY',
  'mobile',
  'email',
  'externalId',
  'couponCode',
  'cells',
  'row',
  'value',
])
/** An entry that is deeper, or that contains itself, ends here. */
const MAX_DEPTH = 6

/** What error messages of others may quote: credentials in URLs, webhook secrets, keys of ours, e-mail addresses. */
const QUOTED_SECRETS = /(?<=:\/\/)[^\s/@]+(?=@)|whsec_[\w+/=-]+|rik_[\w-]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g

/** A logger that writes one JSON object per line, with the secrets that it recognises left out. */
export function createLog({ name, level, destination }: LogOptions): Logger {
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    // Pino's own `redact` looks for each name on each level by itself: 130 µs a line instead of 3.
    formatters: { level: (label: string) => ({ level: label }), log: leaveSecretsOut },
    serializers: { err: describeError },
  }
  return pino(options, destination ?? STANDARD_OUTPUT)
}

const CENSOR = '[redacted]'

/** The entry without secrets. Its `err` is left to {@link describeError}; what a child logger adds comes from us alone. */
function leaveSecretsOut(entry: Record<string, unknown>): Record<string, unknown> {
  if (isHarmless(entry)) return entry
  const { err, ...fields } = entry
  const kept = redactFields(fields, 1)
  if (err !== undefined) kept['err'] = err
  return kept
}

/** Nothing but plain values under names that stand for no secret, as the line of each request. */
function isHarmless(entry: Record<string, unknown>): boolean {
  for (const name in entry) if (SECRET_NAMES.has(name) || typeof entry[name] === 'object') return false
  return true
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (depth > MAX_DEPTH) return CENSOR
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  return 'toJSON' in value ? value : redactFields(value, depth + 1)
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    kept[name] = SECRET_NAMES.has(name) && value !== undefined ? CENSOR : redact(value, depth)
  }
  return kept
}

/**
 * Of an error its kind, words, code and stack, with those of its causes. Not what it carries beside: PostgreSQL's `detail`,
 * for one, quotes the row that a statement failed at.
 */
function describeError(error: Error): object {
  if (!(error instanceof Error)) return { type: typeof error, message: censor(String(error)) }
  const { type, message, stack } = stdSerializers.err(error)
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    type,
    message: censor(message),
    stack: censor(stack),
    ...(typeof code === 'string' && { code }),
    ...(error instanceof AggregateError && { errors: error.errors.map((each) => censor(String(each))) }),
  }
}

function censor(text: string): string {
  return text.replaceAll(QUOTED_SECRETS, CENSOR)
}

const BUSY_MS = 10
const never = new Int32Array(new SharedArrayBuffer(4))

/** Lines of what goes well are written together: at the latest after so long, or when there are so many characters. */
const FLUSH_MS = 50
const FLUSH_CHARACTERS = 32_768
/** Of pino's levels `warn`: from there on, what was logged is written before the call returns. */
const AT_ONCE_LEVEL = 40

/**
 * Writes by the system call itself, as pino's default stream (sonic-boom 4.2) does; but once the reader of the pipe is
 * gone, that one's `flushSync` writes the same bytes again without end: a process whose supervisor died never ended. A
 * call for each line of a poll costs a sixth of the polls, and wakes up the supervisor each time.
 */
function createStandardOutput(): DestinationStream {
  let lines = ''
  let timer: NodeJS.Timeout | null = null

  const flush = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const bytes = Buffer.from(lines)
    lines = ''
    writeWhole(bytes)
  }
  process.once('exit', flush)
  return {
    // Pino sets `lastLevel` before it writes where a stream has this.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string): void {
      lines += line
      if (this.lastLevel >= AT_ONCE_LEVEL || lines.length >= FLUSH_CHARACTERS) flush()
      else timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
  } as DestinationStream & { lastLevel: number }
}

const STANDARD_OUTPUT = createStandardOutput()

function writeWhole(bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      // Nobody can be notified of a line that nobody reads, and the process goes on without its log.
      if (!isBusy(error)) return
      Atomics.wait(never, 0, 0, BUSY_MS)
    }
  }
}

/** A pipe that is full, and does not block. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY')
}
