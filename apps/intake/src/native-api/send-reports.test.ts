import { expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

const intake = await startIntake()
await seedReference(intake)

async function importFile(content: string, positions: Record<string, number>): Promise<number> {
  const all = { redeemedDateInMillis: 0, redeemedAt: 1, mobile: 2, couponCode: 3, ...positions }
  const id = await uploadNative(intake, content, { fields: { uploadHeaders: JSON.stringify(all) } })
  await work(intake, id)
  return id
}

async function readErrors(id: number): Promise<string[][]> {
  const csv = await (await callApi(intake, 'GET', `/v1/imports/${id}/errors.csv`)).text()
  return csv
    .trimEnd()
    .split('\n')
    .map((record) => record.replaceAll(/"[^"]*"/g, 'quoted').split(','))
}

const ROW = line('LATER').trimEnd()
const OWN = ['rowNumber', 'line', 'errorCode', 'errorNumber', 'errorMessage']
const KEYS = ['redeemedDateInMillis', 'redeemedAt', 'mobile', 'couponCode']

test.each<[string, string, string[]]>([
  ['with a header', 'date,till,phone,code\n', ['date', 'till', 'phone', 'code', 'column5', 'billId']],
  ['without one', '', [...KEYS, 'column5', 'billId']],
])('a mapped column that a file %s does not have has its place in the report', async (name, header, columns) => {
  const first = await importFile(`${header}${ROW}\n`, { billId: 5 })
  const [names = [], row = []] = await readErrors(first)
  expect(names).toEqual([...columns, ...OWN])
  expect(row.slice(0, 6)).toEqual([...ROW.split(','), '', ''])

  // Mended and uploaded again, it says what the first file would have said.
  const code = name === 'with a header' ? 'CODE1' : 'CODE2'
  const mended = [names, row.map((cell) => (cell === 'LATER' ? code : cell))].map((cells) => `${cells.join()}\n`)
  const second = await importFile(mended.join(''), { billId: 5 })
  const [redemption] = await intake.database.prisma.redemption.findMany({ where: { importId: second } })
  expect(redemption).toMatchObject({ rowNumber: 1, billId: null })
})

test.each<[string, string, number]>([
  ['with a header', 'date,till,phone,code\n', 1_024],
  ['with a header that is wider', `date,till,phone,code${',more'.repeat(1_996)}\n`, 2_000],
  ['without one', '', 1_024],
])('one record of too many cells makes a report %s no wider than that', async (_name, header, width) => {
  const id = await importFile(`${header}${ROW}${',x'.repeat(5_000)}\n${ROW}\n`, {})
  const [names = [], ...rows] = await readErrors(id)
  expect(names.slice(-5)).toEqual(OWN)
  expect([names, ...rows].map((cells) => cells.length)).toEqual([width + 5, width + 5, width + 5])
  expect(rows.map((cells) => cells[width])).toEqual(['1', '2'])
})
