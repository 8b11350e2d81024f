import { readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, it } from 'vitest'

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
  expect([...services.keys()]).toEqual(['postgres', 'valkey', 'migrate', 'intake', 'worker'])
})

it.each([...services])('%s writes to its volumes alone, and can gain no right', (_name, own) => {
  const text = own.includes('<<: *app') ? template + own : own
  expect(text).toMatch(/^ +read_only: true$/m)
  expect(text).toMatch(/^ +cap_drop: \[ALL\]$/m)
  expect(text).toMatch(/^ +security_opt: \['no-new-privileges:true'\]$/m)
})

it('Valkey wants a password, and those who use it have it', () => {
  expect(services.get('valkey')).toContain('--requirepass')
  expect(template).toContain('REDIS_URL: redis://:${VALKEY_PASSWORD')
})

it('every image can be named by its digest', () => {
  expect([...COMPOSE.matchAll(/^ +image: (?!redemption-importer$)(.*)$/gm)].map(([, image]) => image)).toEqual([
    expect.stringMatching(/^\$\{POSTGRES_IMAGE:-/),
    expect.stringMatching(/^\$\{VALKEY_IMAGE:-/),
  ])
  const dockerfile = readFileSync(path.resolve(import.meta.dirname, '../Dockerfile'), 'utf8')
  expect(dockerfile).toContain('FROM ${NODE_IMAGE} AS sources')
  expect(
    [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image).filter((image) => image?.includes(':')),
  ).toEqual([])
})
