import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import openapiTypescript, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

import { SERIES, startIntake } from '../../test/start-intake.ts'
import { line, seedReference } from '../../test/work.ts'

/** What others make of the document: a client by openapi-typescript, type-checked and run against the real system. */

const ROOT = path.resolve(import.meta.dirname, '../../../..')
const FOLDER = path.resolve(import.meta.dirname, '../../test/openapi-client')

const intake = await startIntake()
await seedReference(intake)

async function runTypeScript(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], { cwd: ROOT })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0 ? '' : output || `ended with ${code}`
}

test('a client that is made of the document needs no cast, and its types are what is answered', async () => {
  await writeFile(
    path.join(FOLDER, 'schema.ts'),
    astToString(await openapiTypescript(new URL(`${intake.url}/openapi.json`))),
  )
  expect(await runTypeScript('-p', FOLDER)).toBe('')

  const client = path.join(FOLDER, 'use-api.ts')
  const { useApi } = (await import(client)) as { useApi: (target: object) => Promise<{ imports: number[] }> }
  const seen = await useApi({
    url: intake.url,
    apiKey: intake.keys.admin,
    seriesId: SERIES,
    files: [new Blob([line('CODE1')]), new Blob([line('CODE2')])],
  })
  expect(seen).toEqual({
    imports: [expect.any(Number), expect.any(Number)],
    listed: seen.imports.toReversed(),
    endpoints: [],
    missing: 'IMPORT_NOT_FOUND',
    jobStatus: 'QUEUED',
    refused: ['SERIES_NOT_FOUND'],
    health: 'ok',
  })
})
