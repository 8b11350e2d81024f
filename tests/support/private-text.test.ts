import { appendFile, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'

import { expect, test } from 'vitest'

import { mobileOf } from '../../packages/demo-data/src/demo-world.ts'
import { generateReference } from '../oracle/generate-reference.ts'
import { Random } from '../oracle/random.ts'
import { PrivateTextSearch, searchLogs } from './private-text.ts'
import { shopRow } from './small-shop.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

function unseenOf(texts: readonly string[]): string[] {
  return texts.filter((text) => {
    const search = new PrivateTextSearch()
    search.search(`{"level":"info","time":"2026-11-27T17:00:00.000Z","msg":"refused ${text} of a file"}\n`)
    return search.found.length === 0
  })
}

test('every mobile and e-mail of a generated case is found, in each notation', () => {
  const made = Array.from({ length: 50 }, (_, seed) => generateReference(new Random(seed), seed, 100, 'mobile'))
    .flatMap(({ reference }) => reference.customers)
    .flatMap(({ mobile = '', email = '' }) => [mobile, email])
    .filter((text) => text !== '')
  expect(made.length).toBeGreaterThan(1_000)
  expect(unseenOf(made)).toEqual([])
})

test('so is every one of the cases in files, of the small shop and of the demo', async () => {
  const world = await readFile(path.join(import.meta.dirname, '../cases/world/customers.csv'), 'utf8')
  const customers = world.trimEnd().split('\n').slice(1)
  const cells = customers.flatMap((line) => line.split(',').slice(1, 3)).filter((text) => text !== '')
  expect(cells.length).toBeGreaterThan(50)
  expect(unseenOf([...cells, shopRow(7), mobileOf(0), mobileOf(99_999)])).toEqual([])
})

test('ids, times, counts and identifiers of traces are not taken for them', () => {
  const lines = [
    '"importId":919,"durationMs":91',
    '2026-11-27T19:19:00.919Z',
    '00-91919e4735934d91959191919191919f-91ab',
    'example.com',
  ]
  expect(unseenOf(lines)).toEqual(lines)
})

test('one line in the logs of npm start is found', async () => {
  const dataDir = await makeTemporaryFolder()
  const log = path.join(dataDir, 'logs', 'worker.log.1')
  await mkdir(path.dirname(log))
  await appendFile(log, '{"msg":"import completed","importId":7}\n')
  await searchLogs(dataDir)
  await appendFile(log, '{"msg":"a customer was not found","mobile":"919800000001"}\n{"msg":"worker ended"}\n')
  await expect(searchLogs(dataDir)).rejects.toThrow('worker.log.1 holds what nobody but its owner may read')
})
