import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { OPERATIONS, REFERENCE_KINDS } from '@importer/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openShell, type ShellSession } from '../../../../tests/support/shell-session.ts'
import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { createCalls, DOCUMENTED, sendCall } from '../../test/operation-calls.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { seedReference } from '../../test/work.ts'
import { EXAMPLE_PARAMETERS, fillPath } from './make-curl.ts'

/** Every example of the document, run by a shell as it stands. */

const REPOSITORY = path.resolve(import.meta.dirname, '../../../..')

let intake: TestIntake
let home: string
let shell: ShellSession
/** As they are served, by operation id. */
let examples: Map<string, string>

const { callOf } = createCalls(() => intake)

beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  for (const kind of REFERENCE_KINDS) {
    const body = await readFile(path.join(REPOSITORY, `docs/examples/${kind}.csv`), 'utf8')
    const loaded = await sendCall(intake, 'loadReference', { params: { kind }, body })
    expect(await readJson(loaded)).toMatchObject({ rejected: 0 })
  }
  const { paths } = await readJson(await fetch(`${intake.url}/openapi.json`))
  examples = readExamples(paths)
  home = await makeTemporaryFolder()
  // Tells the status behind the body, without a word in the command itself.
  await writeFile(path.join(home, '.curlrc'), String.raw`write-out = "\n%{http_code}"`)
  shell = openShell({ cwd: REPOSITORY, env: { PATH: process.env['PATH'] ?? '', HOME: home } })
  await shell.run(`KEY=${intake.keys.admin}`)
})
afterAll(() => shell.close())

type Paths = Record<
  string,
  Record<string, { operationId: string; 'x-codeSamples': { lang: string; source: string }[] }>
>

function readExamples(paths: Paths): Map<string, string> {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  return new Map(
    operations.flatMap(({ operationId, 'x-codeSamples': samples }) =>
      samples.filter(({ lang }) => lang === 'Shell').map(({ source }) => [operationId, source] as const),
    ),
  )
}

/** Ids that are given by the importer: those of the example are of somebody who has just begun. */
const GIVEN_IDS = ['importId', 'endpointId', 'deliveryId', 'keyId']

test.each(Object.entries(DOCUMENTED))('the example of %s works', async (name, { path: pattern, success }) => {
  const { params = {} } = name in OPERATIONS ? await callOf(name) : {}
  const given = Object.fromEntries(Object.entries(params).filter(([parameter]) => GIVEN_IDS.includes(parameter)))
  const example = examples.get(name) ?? 'there is none'
  const shown = fillPath(pattern, EXAMPLE_PARAMETERS)
  expect(example).toContain(`${intake.url}${shown}`)
  const command = example.replace(
    `${intake.url}${shown}`,
    `${intake.url}${fillPath(pattern, { ...EXAMPLE_PARAMETERS, ...given })}`,
  )

  const { exitCode, stdout, stderr } = await shell.run(command)
  expect([exitCode, stderr]).toEqual([0, ''])
  const [, body = '', status] = /^([^]*)\n(\d{3})$/.exec(stdout) ?? []
  const answer = success.find((known) => String(known.status) === status)
  expect(answer, stdout).toBeDefined()
  if (answer?.schema !== undefined) answer.schema.parse(JSON.parse(body))
  else expect(body === '').toBe(answer?.contentType === undefined)
})

test('the page shows the examples', async () => {
  expect(await (await fetch(`${intake.url}/docs/page.js`)).text()).toContain("operation['x-codeSamples']")
})
