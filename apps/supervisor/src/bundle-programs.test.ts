import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { bundlePrograms } from './bundle-programs.ts'

const WORKER_MAIN = resolve(import.meta.dirname, '../../worker/src/main.ts')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('bundles are made once of the same sources, however many starts want them', async () => {
  const [one, other] = await Promise.all([bundlePrograms(folder), bundlePrograms(folder)])
  expect(one).toEqual(other)
  // What finds the two processes looks for these folders in their command lines.
  expect([one.intake, one.worker]).toEqual([
    expect.stringContaining('/apps/intake/'),
    expect.stringContaining('/apps/worker/'),
  ])
  const made = (await stat(one.worker)).mtimeMs
  await bundlePrograms(folder)
  expect((await stat(one.worker)).mtimeMs).toBe(made)
})

/** Line and column of some words, both from 0. */
function findPlace(text: string, words: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(words)).split('\n')
  return { line: before.length - 1, column: before.at(-1)?.length ?? 0 }
}

test('what fails in a bundle names the line of our source', async () => {
  const { worker } = await bundlePrograms(folder)
  const payload = JSON.parse(await readFile(`${worker}.map`, 'utf8')) as SourceMapPayload
  expect(payload.sources.filter((source) => source.includes('node_modules'))).toEqual([])
  const words = 'shutdown.run(reason)'
  const { line, column } = findPlace(await readFile(worker, 'utf8'), words)
  const found = new SourceMap(payload).findEntry(line, column)
  if (!('originalSource' in found)) throw new Error(`the map has nothing for line ${line} of the bundle`)
  expect(resolve(dirname(worker), found.originalSource)).toBe(WORKER_MAIN)
  expect(found.originalLine).toBe(findPlace(await readFile(WORKER_MAIN, 'utf8'), words).line)
})
