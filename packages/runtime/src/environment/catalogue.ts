import { resolve } from 'node:path'

import { MAX_INT4 } from '@importer/contracts'
import { z } from 'zod'

import {
  EnvironmentError,
  findOldNames,
  parseEnvironment,
  type EnvironmentOf,
  type Variable,
} from './parse-environment.ts'
import { parseStorageUrl } from './storage-url.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const text = z.string()

/** Every variable that this software reads, with its default. `.env.example` documents the same list; a test compares them. */
export const ENVIRONMENT = {
  PORT: wholeNumber({ from: 0, to: 65_535, fallback: 8080 }),
  // Loopback, because a laptop should not offer an upload endpoint to its network unasked; a container sets 0.0.0.0.
  HOST: { schema: text.regex(/^[\w.:-]+$/).default('127.0.0.1'), expected: 'a host name or an IP address' },
  PUBLIC_URL: {
    schema: text
      .refine((value) => hasProtocol(value, ['http:', 'https:']))
      .transform((value) => value.replace(/\/+$/, ''))
      .optional(),
    expected: 'a URL such as https://coupons.example.com',
  },
  DATA_DIR: { schema: text.default('./.data').transform((value) => resolve(value)), expected: 'a folder' },
  DATABASE_URL: {
    schema: text.refine((value) => hasProtocol(value, ['postgres:', 'postgresql:'])).optional(),
    expected: 'a URL such as postgresql://user:password@host:5432/database',
    secret: true,
  },
  // PostgreSQL cuts longer names.
  DATABASE_APP_ROLE: { schema: text.max(63).optional(), expected: 'the name of a PostgreSQL role, such as importer' },
  POOLER_CHECK_SECONDS: wholeNumber({ from: 1, to: 86_400, fallback: 120 }),
  REDIS_URL: {
    schema: text.refine((value) => hasProtocol(value, ['redis:', 'rediss:'])).optional(),
    expected: 'a URL such as redis://user:password@host:6379',
    secret: true,
  },
  STORAGE_URL: {
    schema: text.refine((value) => parseStorageUrl(value) !== undefined).optional(),
    expected: 'a URL such as file:///var/lib/redemptions or s3://bucket/prefix',
  },
  S3_ENDPOINT: {
    schema: text.refine((value) => hasProtocol(value, ['http:', 'https:'])).optional(),
    expected: 'a URL such as https://s3.example.com',
  },
  BOOTSTRAP_ORG_ID: optionalWholeNumber({ from: 1, to: MAX_INT4 }),
  BOOTSTRAP_API_KEY: {
    schema: text.regex(/^[\u0021-\u007e]{16,255}$/).optional(),
    expected: '16 to 255 printable ASCII characters without spaces',
    secret: true,
  },
  UPLOAD_MAX_BYTES: {
    schema: text
      .default('5GiB')
      .transform((value) => parseByteSize(value))
      .pipe(z.int().positive()),
    expected: 'a size such as 1048576, 500MiB or 5GiB',
  },
  MAX_STORED_BYTES_PER_ORG: {
    schema: text
      .transform((value) => parseByteSize(value))
      .pipe(z.int().positive())
      .optional(),
    expected: 'a size such as 500MiB or 100GiB',
  },
  WORKER_CONCURRENCY: wholeNumber({ from: 1, to: 64, fallback: 2 }),
  IMPORT_PARTITIONS: { ...wholeNumber({ from: 1, to: 64, fallback: 3 }), oldName: 'IMPORT_LANES' },
  IMPORT_BATCH_ROWS: wholeNumber({ from: 1, to: 1_000_000, fallback: 20_000 }),
  RETENTION_DAYS: optionalWholeNumber({ from: 1, to: 36_500 }),
  RATE_LIMIT_PER_MINUTE: optionalWholeNumber({ from: 1, to: 1_000_000_000 }),
  MAX_QUEUED_IMPORTS_PER_ORG: optionalWholeNumber({ from: 1, to: MAX_INT4 }),
  SECRETS_KEY: {
    schema: text
      .transform((value) => value.split(',').map((key) => key.trim()))
      .pipe(z.array(z.string().regex(/^[\w+/-]{43}=?$/)))
      .transform((keys) => keys.map((key) => Buffer.from(key, 'base64')))
      .optional(),
    expected: '32 random bytes in base64 (openssl rand -base64 32), or several of them separated by commas',
    secret: true,
  },
  WEBHOOK_ALLOW_PRIVATE_NETWORKS: flag(),
  WEBHOOK_ALLOW_HTTP: flag(),
  REDEMPTIONS_URL: {
    schema: text.refine((value) => hasProtocol(value, ['http:', 'https:'])).optional(),
    expected: 'a URL such as https://coupons.example.com',
  },
  REDEMPTIONS_API_KEY: {
    schema: text.regex(/^[\u0021-\u007e]{16,255}$/).optional(),
    expected: '16 to 255 printable ASCII characters without spaces',
    secret: true,
  },
  CORS_ORIGINS: {
    schema: text
      .transform((value) => value.split(/[\s,]+/).filter((origin) => origin !== ''))
      .refine((origins) => origins.every(isOrigin))
      .optional(),
    expected: 'origins such as https://shop.example.com, separated by commas',
  },
  METRICS_PORT: optionalWholeNumber({ from: 0, to: 65_535 }),
  WORKER_PORT: optionalWholeNumber({ from: 0, to: 65_535 }),
  // OpenTelemetry's others (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, …) are read by its own packages.
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: text.refine((value) => hasProtocol(value, ['http:', 'https:'])).optional(),
    expected: 'a URL such as http://collector:4318',
    secret: true,
  },
  // Below the 30 s after which Kubernetes kills.
  SHUTDOWN_TIMEOUT_SECONDS: wholeNumber({ from: 1, to: 86_400, fallback: 25 }),
  SHUTDOWN_DRAIN_SECONDS: wholeNumber({ from: 0, to: 3_600, fallback: 0 }),
  LOG_LEVEL: { schema: z.enum(LOG_LEVELS).default('info'), expected: `one of ${LOG_LEVELS.join(', ')}` },
} as const satisfies Record<string, Variable>

export type Environment = EnvironmentOf<typeof ENVIRONMENT>
export type EnvironmentName = keyof Environment

/** Every variable, read and checked, so that none is found to be wrong later. Throws an EnvironmentError. */
export function checkEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const environment = parseEnvironment(ENVIRONMENT, env)
  requireOwnPorts(environment, ['PORT', 'METRICS_PORT'])
  return environment
}

/** Throws an EnvironmentError where two variables name one port, though both are listened on by one machine. */
export function requireOwnPorts(
  environment: Environment,
  names: readonly ('PORT' | 'METRICS_PORT' | 'WORKER_PORT')[],
): void {
  for (const [index, name] of names.entries()) {
    const port = environment[name]
    // With 0 each gets a free port.
    const other = names
      .slice(0, index)
      .find((before) => port !== 0 && port !== undefined && environment[before] === port)
    if (other !== undefined) {
      throw new EnvironmentError(`${other} and ${name} are both ${port}; expected a port of its own for each`)
    }
  }
}

/** {@link checkEnvironment} for a program that needs a database: only the supervisor brings one along. */
export function checkServiceEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Environment & { readonly DATABASE_URL: string } {
  const { DATABASE_URL, ...others } = checkEnvironment(env)
  if (DATABASE_URL === undefined) {
    throw new EnvironmentError(
      'DATABASE_URL is not set; expected a URL such as postgresql://user:password@host:5432/database',
    )
  }
  return { ...others, DATABASE_URL }
}

/** Which variables are set by a name that they had before, to be named in the log. */
export function listOldNames(env: Readonly<Record<string, string | undefined>>): { oldName: string; name: string }[] {
  return findOldNames(ENVIRONMENT, env)
}

/** The variables that one app needs, read and checked. Throws an EnvironmentError. */
export function pickEnvironment<const Names extends readonly EnvironmentName[]>(
  names: Names,
  env: Readonly<Record<string, string | undefined>>,
): Pick<Environment, Names[number]> {
  const schema: Record<string, Variable> = {}
  for (const name of names) schema[name] = ENVIRONMENT[name]
  return parseEnvironment(schema, env) as Pick<Environment, Names[number]>
}

/** `env` with none of this software's variables but `names`: the others are unset, by names that they had before too. */
export function keepVariables(
  names: readonly EnvironmentName[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const kept: ReadonlySet<string> = new Set(names)
  const dropped = Object.entries<Variable>(ENVIRONMENT).flatMap(([name, { oldName }]) =>
    kept.has(name) ? [] : [name, ...(oldName === undefined ? [] : [oldName])],
  )
  return { ...env, ...Object.fromEntries(dropped.map((name) => [name, undefined])) }
}

interface Bounds {
  readonly from: number
  readonly to: number
}

function wholeNumber({ from, to, fallback }: Bounds & { readonly fallback: number }) {
  return { schema: numberText({ from, to }).default(fallback), expected: describeBounds({ from, to }) }
}

function optionalWholeNumber(bounds: Bounds) {
  return { schema: numberText(bounds).optional(), expected: describeBounds(bounds) }
}

function numberText({ from, to }: Bounds) {
  return text
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(from).max(to))
}

function describeBounds({ from, to }: Bounds): string {
  return `a whole number from ${from} to ${to}`
}

function flag() {
  const schema = z
    .enum(['true', 'false', '1', '0'])
    .transform((value) => value === 'true' || value === '1')
    .default(false)
  return { schema, expected: 'true or false' }
}

function isOrigin(value: string): boolean {
  return hasProtocol(value, ['http:', 'https:']) && new URL(value).origin === value
}

function hasProtocol(value: string, protocols: readonly string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol)
}

const UNITS = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** Reads a size such as `1048576`, `64KiB`, `1.5 GiB`: whole bytes, or `undefined` when the text is no size. */
function parseByteSize(size: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(KiB|MiB|GiB)?$/.exec(size)
  if (!match) return undefined
  const unit = (match[2] ?? '') as keyof typeof UNITS
  const bytes = Number(match[1]) * UNITS[unit]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
