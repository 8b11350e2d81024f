import { beforeAll, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

let intake: TestIntake
/** Of one row each that was inserted, a duplicate and rejected; and one that was cancelled before it began. */
let imports: { readonly done: number; readonly cancelled: number }

const FORMULAS = ['=SUM(A1)', '+1', '-1', '@x', "'=kept"]
const HEADER = `date,till,phone,code,${FORMULAS.map((_, i) => `note${i}`).join(',')}\n`
const withNotes = (code: string): string => line(code).replace('\n', `,${FORMULAS.join(',')}\n`)

beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  const content = HEADER + withNotes('CODE1') + withNotes('CODE1') + withNotes('NOSUCH')
  const done = await uploadNative(intake, content)
  await work(intake, done)
  const cancelled = await uploadNative(intake, content)
  await callApi(intake, 'POST', `/v1/imports/${cancelled}/cancel`)
  imports = { done, cancelled }
})

/** The last of the notes has a `'` of its own, which does not stand before a formula that we made harmless. */
const SAFE = FORMULAS.map((cell) => (cell.startsWith("'") ? cell : `'${cell}`)).join(',')
const RAW = FORMULAS.join(',')

test.each([
  ['inserted.csv', 'done', 1],
  ['duplicates.csv', 'done', 1],
  ['errors.csv', 'done', 1],
  ['unprocessed.csv', 'cancelled', 3],
] as const)('cells of %s that a spreadsheet would run are safe unless raw is true', async (report, which, rows) => {
  const path = `/v1/imports/${imports[which]}/${report}`
  const texts = await Promise.all(
    ['', '?raw=false', '?raw=true'].map(async (query) => (await callApi(intake, 'GET', path + query)).text()),
  )
  const [byDefault = '', safe, raw = ''] = texts
  expect(safe).toBe(byDefault)
  const notesOf = (text: string): (string | undefined)[] =>
    text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',').slice(4, 9).join(','))
  expect(notesOf(byDefault)).toEqual(Array.from({ length: rows }, () => SAFE))
  expect(notesOf(raw)).toEqual(Array.from({ length: rows }, () => RAW))
})
