import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

import { expect, it } from 'vitest'
import { parse } from 'yaml'

import { ENVIRONMENT } from '../packages/runtime/src/environment/catalogue.ts'
import { findPostgresPrograms } from './support/postgres-programs.ts'
import { queryOnce } from './support/query-once.ts'
import { createTestDatabase } from './support/test-database.ts'

const COMPOSE = readFileSync(path.resolve(import.meta.dirname, '../docker-compose.yml'), 'utf8')

/** The text of each part at the second level, by its name, and of the template that the parts of our own take over. */
function readServices(): Map<string, string> {
  const services = COMPOSE.slice(
    COMPOSE.indexOf('\nservices:\n') + '\nservices:\n'.length,
    COMPOSE.indexOf('\nvolumes:\n'),
  )
  const parts = services.split(/^ {2}(?=\w)/m).filter((part) => part.trim() !== '')
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(':')), part]))
}

const template = COMPOSE.slice(COMPOSE.indexOf('x-app: &app'), COMPOSE.indexOf('\nservices:\n'))
const services = readServices()

it('has all its parts', () => {
  expect([...services.keys()]).toEqual(['postgres', 'valkey', 'roles', 'migrate', 'intake', 'worker'])
})

it.each([...services])('%s writes to its volumes alone, and can gain no right', (_name, own) => {
  const text = own.includes('<<: *app') ? template + own : own
  expect(text).toMatch(/^ +read_only: true$/m)
  expect(text).toMatch(/^ +cap_drop: \[ALL\]$/m)
  expect(text).toMatch(/^ +security_opt: \['no-new-privileges:true'\]$/m)
  // Our image names its own user.
  if (!own.includes('<<: *app')) expect(own).toMatch(/^ {4}user: (?!root|0)\w+$/m)
  expect(text).not.toContain('cap_add')
})

it('PostgreSQL is healthy when others can reach it, not while its entry point makes the database', () => {
  expect(services.get('postgres')).toMatch(/^ +test: \[CMD, pg_isready, --host=127\.0\.0\.1, /m)
})

it('the image has what its dashboard is built by, and no folder of tests', () => {
  const read = (file: string): string => readFileSync(path.resolve(import.meta.dirname, '..', file), 'utf8')
  const context = read('.dockerignore').split('\n')
  const { extends: base } = JSON.parse(read('apps/dashboard/tsconfig.json')) as { extends: string }
  expect(context).toContain(`!${path.relative('.', path.resolve('apps/dashboard', base))}`)
  expect(context).toEqual(expect.arrayContaining(['**/*.test.ts', '**/test', '**/tests']))
})

it('what a large workbook unpacks to is on the disk, not in memory', () => {
  const parts = (
    parse(COMPOSE, { merge: true }) as { services: Record<string, { tmpfs?: string[]; volumes?: string[] }> }
  ).services
  for (const part of ['intake', 'worker']) {
    expect(parts[part]?.tmpfs, part).toBeUndefined()
    expect(parts[part]?.volumes, part).toContain('/tmp')
  }
})

it.each([
  ['an intake by PORT', (port: string) => ({ PORT: port })],
  ['a worker by WORKER_PORT', (port: string) => ({ PORT: '1', WORKER_PORT: port })],
])('the image asks %s how it is', async (_part, env) => {
  const dockerfile = readFileSync(path.resolve(import.meta.dirname, '../Dockerfile'), 'utf8')
  const [node, option, script] = JSON.parse(/HEALTHCHECK[^[]*(\[.*\])/.exec(dockerfile)?.[1] ?? '') as [
    string,
    string,
    string,
  ]
  const requested: unknown[] = []
  let status = 200
  const server = createServer(({ url }, response) => {
    requested.push(url)
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const [answer, code] of [
    [200, 0],
    [503, 1],
  ] as const) {
    status = answer
    const [exitCode] = await once(
      spawn(node, [option, script], { env: { PATH: process.env['PATH'], ...env(String(port)) } }),
      'exit',
    )
    expect(exitCode).toBe(code)
  }
  expect(requested).toEqual(['/healthz', '/healthz'])
  server.close()
})

it('Valkey wants a password, and those who use it have it', () => {
  expect(services.get('valkey')).toContain('--requirepass')
  expect(template).toContain('REDIS_URL: redis://:${VALKEY_PASSWORD')
})

it('intake and worker connect as a role of their own, which the migration grants its rights', () => {
  expect(template).toContain('DATABASE_URL: postgresql://importer_app:${POSTGRES_APP_PASSWORD')
  for (const part of ['intake', 'worker']) expect(services.get(part)).not.toContain('DATABASE_URL')
  expect(services.get('migrate')).toMatch(
    /DATABASE_URL: postgresql:\/\/importer:\$\{POSTGRES_PASSWORD.*\n +DATABASE_APP_ROLE: importer_app\n/,
  )
})

const programs = findPostgresPrograms()
it.skipIf(programs === null)('that role is made, and given its password again at each start', async () => {
  const { ownerUrl } = await createTestDatabase()
  const { command } = (parse(COMPOSE) as { services: { roles: { command: [string, string, string] } } }).services.roles
  const [shell, option, script] = command
  const here = script.replaceAll('$$', '$').replace('--host=postgres --username=importer --dbname=importer', '"$URL"')
  for (const password of ['first', `it's "another"`]) {
    const env = { PATH: `${programs?.folder}:${process.env['PATH']}`, URL: ownerUrl, APP_PASSWORD: password }
    const { status, stderr } = spawnSync(shell, [option, here], { env, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    const url = new URL(ownerUrl)
    url.username = 'importer_app'
    url.password = password
    expect(await queryOnce(url.href, 'SELECT current_user::text AS role')).toEqual([{ role: 'importer_app' }])
  }
  await queryOnce(ownerUrl, 'DROP ROLE importer_app')
})

/** Of the image, of S3 instead of the volume, of the migration, and of the command line. */
const NOT_PASSED_ON = new Set(
  'PORT HOST DATA_DIR STORAGE_URL S3_ENDPOINT DATABASE_APP_ROLE REDEMPTIONS_URL REDEMPTIONS_API_KEY'.split(' '),
)
/** Made of other variables, or the same everywhere. */
const SET_HERE = ['DATABASE_URL', 'REDIS_URL', 'METRICS_PORT', 'WORKER_PORT']

it('passes on every variable to the part that reads it', () => {
  const { services: parts } = parse(COMPOSE, { merge: true }) as {
    services: Record<string, { environment: Record<string, string>; ports?: string[] }>
  }
  const environments = { intake: parts['intake']?.environment ?? {}, worker: parts['worker']?.environment ?? {} }
  const wanted = Object.keys(ENVIRONMENT).filter((name) => !NOT_PASSED_ON.has(name))
  const passed = new Set(Object.values(environments).flatMap((environment) => Object.keys(environment)))
  expect(wanted.filter((name) => !passed.has(name))).toEqual([])
  for (const [part, environment] of Object.entries(environments)) {
    const program = readFileSync(path.resolve(import.meta.dirname, `../apps/${part}/src/main.ts`), 'utf8')
    const read = wanted.filter((name) => new RegExp(`\\benv\\.${name}\\b`).test(program))
    expect(read.length, part).toBeGreaterThan(5)
    expect(
      read.filter((name) => !(name in environment)),
      part,
    ).toEqual([])
    for (const [name, value] of Object.entries(environment)) {
      if (!SET_HERE.includes(name)) expect(value).toMatch(new RegExp(`^\\$\\{${name}:-[^}]*\\}$`))
    }
  }
  // Metrics are not where clients reach them.
  expect(parts['intake']?.ports).toEqual(['${PUBLISH:-127.0.0.1:8080}:8080'])
  expect(parts['worker']?.ports).toBeUndefined()
})

it('every image can be named by its digest', () => {
  expect([...COMPOSE.matchAll(/^ +image: (?!redemption-importer$)(.*)$/gm)].map(([, image]) => image)).toEqual([
    expect.stringMatching(/^\$\{POSTGRES_IMAGE:-/),
    expect.stringMatching(/^\$\{VALKEY_IMAGE:-/),
    expect.stringMatching(/^\$\{POSTGRES_IMAGE:-/),
  ])
  const dockerfile = readFileSync(path.resolve(import.meta.dirname, '../Dockerfile'), 'utf8')
  expect(dockerfile).toContain('FROM ${NODE_IMAGE} AS sources')
  expect(
    [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image).filter((image) => image?.includes(':')),
  ).toEqual([])
})
