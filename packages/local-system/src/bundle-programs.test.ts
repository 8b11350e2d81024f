import { readFile, stat } from 'node:fs/promises'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, resolve } from 'node:path'

import { expect, test } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { bundlePrograms } from './bundle-programs.ts'

/** Two builds side by side, beside the other tests. */
const BUILD_TIMEOUT_MS = 60_000

const folder = await makeTemporaryFolder()

test(
  'bundles are made once of the same sources, however many starts want them',
  async () => {
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
  },
  BUILD_TIMEOUT_MS,
)

/** Line and column of some words, both from 0. */
function findPosition(text: string, words: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(words)).split('\n')
  return { line: before.length - 1, column: before.at(-1)?.length ?? 0 }
}

test('the text of a bundle takes one byte a character in memory', async () => {
  const { intake, worker } = await bundlePrograms(folder)
  for (const file of [intake, worker]) expect(await readFile(file, 'utf8')).toMatch(/^[\0-\u007f]*$/)
})

test('a function is given its name where it was renamed alone', async () => {
  const { intake } = await bundlePrograms(folder)
  const text = await readFile(intake, 'utf8')
  expect(text).not.toMatch(/[;{}]__name\((\w+),"\1"\)[;}]/)
  expect(text).toMatch(/__name\((\w+)\d,"\1"\)/)
})

test('what only traces need is a file of its own, which no other start reads', async () => {
  const { intake, worker } = await bundlePrograms(folder)
  const tracing = resolve(dirname(intake), '../../tracing.mjs')
  expect(await readFile(tracing, 'utf8')).toMatch(/^[\0-\u007f]*BatchSpanProcessor[\0-\u007f]*$/)
  for (const file of [intake, worker]) {
    const text = await readFile(file, 'utf8')
    expect(text).toContain('import("../../tracing.mjs")')
    expect(text).not.toContain('BatchSpanProcessor')
  }
})

test.each([
  ['worker', '../../../apps/worker/src/main.ts', 'await reverts.close('],
  // Behind the words for totals in several scripts, which are escaped.
  ['intake', '../../contracts/src/find-likely-cause.ts', String.raw`(?:19|20)\d{12}$/`],
] as const)('what fails in a bundle of the %s names the line of our source: %s', async (program, source, words) => {
  const { [program]: bundle } = await bundlePrograms(folder)
  const payload = JSON.parse(await readFile(`${bundle}.map`, 'utf8')) as SourceMapPayload
  expect(payload.sources.filter((name) => name.includes('node_modules'))).toEqual([])
  const { line, column } = findPosition(await readFile(bundle, 'utf8'), words)
  const found = new SourceMap(payload).findEntry(line, column)
  if (!('originalSource' in found)) throw new Error(`the map has nothing for line ${line} of the bundle`)
  const file = resolve(import.meta.dirname, source)
  expect(resolve(dirname(bundle), found.originalSource)).toBe(file)
  expect(found.originalLine).toBe(findPosition(await readFile(file, 'utf8'), words).line)
})
