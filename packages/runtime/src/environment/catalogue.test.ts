import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import { checkEnvironment, ENVIRONMENT, listOldNames, pickEnvironment, type EnvironmentName } from './catalogue.ts'
import { EnvironmentError, parseEnvironment, type Variable } from './parse-environment.ts'

const NAMES = Object.keys(ENVIRONMENT) as EnvironmentName[]

function read(name: EnvironmentName, value: string): unknown {
  return pickEnvironment([name], { [name]: value })[name]
}

function messageOf(name: EnvironmentName, value: string): string {
  try {
    read(name, value)
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError)
    return (error as Error).message
  }
  throw new Error(`${name} accepted ${value}`)
}

describe('the catalogue', () => {
  it('has the documented defaults', () => {
    expect(parseEnvironment(ENVIRONMENT, {})).toEqual({
      PORT: 8080,
      HOST: '127.0.0.1',
      PUBLIC_URL: undefined,
      DATA_DIR: resolve('.data'),
      DATABASE_URL: undefined,
      DATABASE_APP_ROLE: undefined,
      POOLER_CHECK_SECONDS: 120,
      REDIS_URL: undefined,
      STORAGE_URL: undefined,
      S3_ENDPOINT: undefined,
      BOOTSTRAP_ORG_ID: undefined,
      BOOTSTRAP_API_KEY: undefined,
      UPLOAD_MAX_BYTES: 5 * 1024 ** 3,
      MAX_STORED_BYTES_PER_ORG: undefined,
      WORKER_CONCURRENCY: 2,
      IMPORT_PARTITIONS: 3,
      IMPORT_BATCH_ROWS: 20_000,
      RETENTION_DAYS: undefined,
      RATE_LIMIT_PER_MINUTE: undefined,
      MAX_QUEUED_IMPORTS_PER_ORG: undefined,
      SECRETS_KEY: undefined,
      WEBHOOK_ALLOW_PRIVATE_NETWORKS: false,
      WEBHOOK_ALLOW_HTTP: false,
      REDEMPTIONS_URL: undefined,
      REDEMPTIONS_API_KEY: undefined,
      CORS_ORIGINS: undefined,
      METRICS_PORT: undefined,
      WORKER_PORT: undefined,
      OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
      SHUTDOWN_TIMEOUT_SECONDS: 25,
      SHUTDOWN_DRAIN_SECONDS: 0,
      LOG_LEVEL: 'info',
    })
  })

  it('takes empty and blank values as unset', () => {
    const blank = Object.fromEntries(NAMES.map((name, index) => [name, index % 2 === 0 ? '' : '  ']))
    expect(parseEnvironment(ENVIRONMENT, blank)).toEqual(parseEnvironment(ENVIRONMENT, {}))
  })

  it.each<[EnvironmentName, string, unknown]>([
    ['PORT', '0', 0],
    ['CORS_ORIGINS', 'https://a.example, http://b.example:81', ['https://a.example', 'http://b.example:81']],
    ['PORT', ' 9000 ', 9000],
    ['HOST', '0.0.0.0', '0.0.0.0'],
    ['HOST', '::1', '::1'],
    ['PUBLIC_URL', 'https://coupons.example.com/', 'https://coupons.example.com'],
    ['DATA_DIR', '/var/lib/x', '/var/lib/x'],
    ['DATABASE_URL', 'postgres://u:p@h/d?sslmode=require', 'postgres://u:p@h/d?sslmode=require'],
    ['DATABASE_URL', 'postgresql://h/d', 'postgresql://h/d'],
    ['REDIS_URL', 'redis://h:6379/1', 'redis://h:6379/1'],
    ['REDIS_URL', 'rediss://h', 'rediss://h'],
    ['STORAGE_URL', 'file:///srv/files', 'file:///srv/files'],
    ['STORAGE_URL', 's3://bucket', 's3://bucket'],
    ['STORAGE_URL', 's3://my.bucket/some/prefix/', 's3://my.bucket/some/prefix/'],
    ['UPLOAD_MAX_BYTES', '1048576', 1_048_576],
    ['UPLOAD_MAX_BYTES', '64KiB', 65_536],
    ['UPLOAD_MAX_BYTES', '1.5 GiB', 1_610_612_736],
    ['MAX_STORED_BYTES_PER_ORG', '100GiB', 100 * 1024 ** 3],
    ['BOOTSTRAP_ORG_ID', '9619', 9619],
    ['BOOTSTRAP_API_KEY', '0123456789abcdef', '0123456789abcdef'],
    ['WEBHOOK_ALLOW_HTTP', 'true', true],
    ['WEBHOOK_ALLOW_HTTP', '1', true],
    ['WEBHOOK_ALLOW_HTTP', 'false', false],
    ['WEBHOOK_ALLOW_HTTP', '0', false],
    ['RETENTION_DAYS', '30', 30],
    [
      'SECRETS_KEY',
      `${'A'.repeat(43)}=, ${'_'.repeat(43)}`,
      [Buffer.alloc(32), Buffer.from('_'.repeat(43), 'base64url')],
    ],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318', 'http://collector:4318'],
    ['LOG_LEVEL', 'debug', 'debug'],
  ])('reads %s=%s', (name, value, expected) => {
    expect(read(name, value)).toEqual(expected)
  })

  it.each<[EnvironmentName, string]>([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '8080.5'],
    ['PORT', '0x50'],
    ['PORT', 'http'],
    ['HOST', 'a b'],
    ['PUBLIC_URL', 'coupons.example.com'],
    ['PUBLIC_URL', 'ftp://coupons.example.com'],
    ['DATABASE_URL', 'mysql://h/d'],
    ['DATABASE_URL', 'localhost'],
    ['DATABASE_APP_ROLE', 'r'.repeat(64)],
    ['POOLER_CHECK_SECONDS', '0'],
    ['REDIS_URL', 'http://h'],
    ['STORAGE_URL', './files'],
    ['STORAGE_URL', 's3://B'],
    ['STORAGE_URL', 's3://user:key@bucket'],
    ['STORAGE_URL', 'gs://bucket'],
    ['S3_ENDPOINT', 'minio:9000'],
    ['UPLOAD_MAX_BYTES', '5GB'],
    ['UPLOAD_MAX_BYTES', '0'],
    ['UPLOAD_MAX_BYTES', '0.3KiB'],
    ['MAX_STORED_BYTES_PER_ORG', '100 GB'],
    ['BOOTSTRAP_ORG_ID', '0'],
    ['BOOTSTRAP_ORG_ID', '2147483648'],
    ['BOOTSTRAP_API_KEY', 'tooshort'],
    ['BOOTSTRAP_API_KEY', 'with a space inside it'],
    ['WORKER_CONCURRENCY', '0'],
    ['IMPORT_PARTITIONS', 'two'],
    ['IMPORT_BATCH_ROWS', '0'],
    ['WEBHOOK_ALLOW_HTTP', 'yes'],
    ['RETENTION_DAYS', '-3'],
    ['SECRETS_KEY', 'a passphrase'],
    ['SECRETS_KEY', `${'A'.repeat(43)}=,`],
    ['SHUTDOWN_TIMEOUT_SECONDS', '0'],
    ['SHUTDOWN_DRAIN_SECONDS', '-1'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['LOG_LEVEL', 'verbose'],
  ])('refuses %s=%s in one line that names it and says what was expected', (name, value) => {
    const message = messageOf(name, value)
    expect(message).toMatch(new RegExp(`^${name} .*; expected \\S.*$`))
    expect(message).not.toContain('\n')
  })

  it('keeps secrets out of the message', () => {
    expect(messageOf('DATABASE_URL', 'mysql://user:hunter2@h/d')).not.toContain('hunter2')
    expect(messageOf('REDIS_URL', 'http://user:hunter2@h')).not.toContain('hunter2')
    expect(messageOf('SECRETS_KEY', 'hunter2')).not.toContain('hunter2')
    expect(messageOf('BOOTSTRAP_API_KEY', 'hunter2')).not.toContain('hunter2')
  })

  it('reports all bad variables at once, still in one line', () => {
    const readAll = () => pickEnvironment(['PORT', 'HOST', 'LOG_LEVEL'], { PORT: 'a\nb', LOG_LEVEL: 'loud' })
    expect(readAll).toThrow(/^PORT is .*; expected .*\. LOG_LEVEL is "loud"; expected .*$/)
  })

  it.each<[Record<string, string>, number, number]>([
    [{ IMPORT_LANES: '5' }, 5, 1],
    [{ IMPORT_PARTITIONS: '5' }, 5, 0],
    [{ IMPORT_PARTITIONS: '5', IMPORT_LANES: ' ' }, 5, 0],
    [{ IMPORT_PARTITIONS: '', IMPORT_LANES: '5' }, 5, 1],
    [{ IMPORT_PARTITIONS: '5', IMPORT_LANES: ' 5' }, 5, 1],
  ])('reads %o, the old name still: %i, named for a warning %i times', (env, value, warnings) => {
    expect(pickEnvironment(['IMPORT_PARTITIONS'], env)).toEqual({ IMPORT_PARTITIONS: value })
    const named = { oldName: 'IMPORT_LANES', name: 'IMPORT_PARTITIONS' }
    expect(listOldNames(env)).toEqual(Array.from({ length: warnings }, () => named))
  })

  it.each<[Record<string, string>, RegExp]>([
    [{ IMPORT_LANES: 'two' }, /^IMPORT_LANES is "two"; expected a whole number from 1 to 64$/],
    [
      { IMPORT_PARTITIONS: '5', IMPORT_LANES: '6' },
      /^IMPORT_LANES is "6" and IMPORT_PARTITIONS is "5"; expected IMPORT_PARTITIONS alone, which is the new name of IMPORT_LANES$/,
    ],
  ])('refuses %o by the name that was set', (env, message) => {
    expect(() => pickEnvironment(['IMPORT_PARTITIONS'], env)).toThrow(message)
  })

  it('refuses one port for two servers of one process, not for those of several machines', () => {
    const shared = { METRICS_PORT: '9090', WORKER_PORT: '9090' }
    expect(checkEnvironment(shared)).toMatchObject({ METRICS_PORT: 9090, WORKER_PORT: 9090 })
    expect(() => checkEnvironment({ ...shared, PORT: '9090' })).toThrow(
      /^PORT and METRICS_PORT are both 9090; expected a port of its own for each$/,
    )
  })

  it('looks only at the variables that were asked for', () => {
    expect(pickEnvironment(['PORT'], { PORT: '1', LOG_LEVEL: 'loud' })).toEqual({ PORT: 1 })
  })
})

describe('.env.example', () => {
  it('documents every variable with its default, and no other', async () => {
    const file = await readFile(new URL('../../../../.env.example', import.meta.url), 'utf8')
    const lines = file.split('\n')
    const assignments = lines.flatMap((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []).length / 2
    const values: Record<string, string> = {}
    for (const [index, line] of lines.entries()) {
      const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
      if (name === '') {
        expect(line).toMatch(/^$|^# \S/)
        continue
      }
      expect(lines[index - 1], `${name} is explained on the line before`).toMatch(/^# /)
      values[name] = value
    }
    expect(assignments).toBe(Object.keys(values).length)
    const oldNames = Object.values<Variable>(ENVIRONMENT).flatMap(({ oldName }) => oldName ?? [])
    expect(Object.keys(values).toSorted()).toEqual([...NAMES, ...oldNames].toSorted())
    expect(parseEnvironment(ENVIRONMENT, values)).toEqual(parseEnvironment(ENVIRONMENT, {}))
    for (const name of NAMES) {
      const fallback = parseEnvironment(ENVIRONMENT, {})[name]
      expect(values[name] === '', `${name} shows its default`).toBe(fallback === undefined)
    }
  })
})
