/** Reports for spreadsheets: how they are written, and that they read as the file did when they are sent again. */
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'

import { readRecords } from '@importer/csv'
import { describe, expect, test } from 'vitest'

import { makeWorkbook } from '../../../../tests/support/make-workbook.ts'
import { readJson } from '../../test/read-json.ts'
import { callApi, uploadNative } from '../../test/native-upload.ts'
import { startIntake } from '../../test/start-intake.ts'
import { MOBILE, seedReference, TILL, work } from '../../test/work.ts'

const intake = await startIntake()
await seedReference(intake)

const FIELDS = {
  uploadHeaders:
    '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3, "billNumber": 4, "details": 5}',
}
const HEADER = 'date,till,phone,code,bill,notes,shop'
/** Every one is rejected: no such coupon. */
const ROWS = [
  `1603263535000,${TILL},${MOBILE},0012,007,12.50,2020-10-21`,
  `1603263535000,${TILL},+${MOBILE},TRUE,1E5,a;=1,MAR1`,
  `1603263535000,${TILL},'+${MOBILE},'TRUE,=1+1,'=1,'kept`,
  `1603263535000,${TILL},${MOBILE},SPRING-1,17,it's fine,12345`,
]

async function importFile(
  content: string | Uint8Array<ArrayBuffer>,
  options: Record<string, string> = {},
): Promise<number> {
  const id = await uploadNative(intake, content, { fields: { ...FIELDS, ...options } })
  await work(intake, id)
  return id
}

async function fetchReport(id: number, query: string): Promise<string> {
  const response = await callApi(intake, 'GET', `/v1/imports/${id}/errors.csv${query}`)
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer()).toString()
}

/** What was read of each row, as its explanation reports. */
async function readings(id: number, rows = ROWS): Promise<{ read: (string | null)[]; code: string }[]> {
  return Promise.all(
    rows.map(async (_row, index) => {
      const { cells, errors } = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}/rows/${index + 1}`))
      return { read: cells.slice(0, 6).map((cell: { read: string | null }) => cell.read), code: errors[0].code }
    }),
  )
}

test.each([
  [',', '%2C'],
  [';', '%3B'],
  ['\t', '%09'],
])('nothing that a spreadsheet would change stands in one with %j', async (delimiter, query) => {
  const id = await importFile(`${[HEADER, ...ROWS].join('\n')}\n`)
  const report = await fetchReport(id, `?for=spreadsheet&delimiter=${query}`)
  expect(report.startsWith('\ufeffdate')).toBe(true)
  const lines = report.slice(1).trimEnd().split('\n')
  const join = (...cells: string[]): string => cells.join(delimiter)
  const quoted = (cell: string): string => (cell.includes(delimiter) ? `"${cell}"` : cell)
  expect(lines[0]).toBe(join(...HEADER.split(','), 'rowNumber', 'line', 'errorCode', 'errorNumber', 'errorMessage'))
  expect(lines.slice(1).map((line) => line.slice(0, line.indexOf(join('', 'COUPON_NOT_FOUND'))))).toEqual([
    join("'1603263535000", `${TILL}`, `'${MOBILE}`, "'0012", "'007", "'12.50", "'2020-10-21", '1', '2'),
    join("'1603263535000", `${TILL}`, `'+${MOBILE}`, "'TRUE", "'1E5", quoted("a;'=1"), "'MAR1", '2', '3'),
    join("'1603263535000", `${TILL}`, `'+${MOBILE}`, "''TRUE", "'=1+1", "''=1", "'kept", '3', '4'),
    join("'1603263535000", `${TILL}`, `'${MOBILE}`, 'SPRING-1', '17', "it's fine", '12345', '4', '5'),
  ])
})

describe.each(['', '?for=spreadsheet', '?for=spreadsheet&delimiter=%3B'])('a report of %j', (query) => {
  test('reads as the file did when it is sent again, and its own columns are replaced', async () => {
    const first = await importFile(`${[HEADER, ...ROWS].join('\n')}\n`)
    const report = await fetchReport(first, query)
    const again = await importFile(report)
    expect(await readings(again)).toEqual(await readings(first))
    expect(await fetchReport(again, query)).toBe(report)
  })

  test("keeps every ' that notes have of their own", async () => {
    const notes = ["'5 left", "'=1", "''=1", "'-", "'\tx", "'", "'TRUE", "a;'=1", "a\n'+b;''@c", "  '7", "'x'"]
    const rows = notes.map((note) => `1603263535000,${TILL},${MOBILE},none,"${note}","${note}",x`)
    const first = await importFile(`${[HEADER, ...rows].join('\n')}\n`)
    const again = await importFile(await fetchReport(first, query))
    const read = await readings(again, rows)
    expect(read).toEqual(await readings(first, rows))
    expect(read.map((row) => row.read[5])).toEqual(notes.map((note) => note.trim()))
  })
})

describe.each<Record<string, string>>([
  { skipLines: '3' },
  { delimiter: ';' },
  { encoding: 'windows-1252' },
  { encoding: 'utf-16le' },
  { hasHeader: 'false' },
  { skipLines: '2', delimiter: '|', encoding: 'windows-1252' },
])('of a first file with %j', (options) => {
  const { skipLines = '0', delimiter = ',', encoding = 'utf-8', hasHeader = 'true' } = options
  const notes = ['Café', "'=1+1", 'x']
  const rows = notes.map((note) => `1603263535000,${TILL},${MOBILE},none,17,${note},shop`)
  const lines = [
    ...Array<string>(Number(skipLines)).fill('a title'),
    ...(hasHeader === 'true' ? [HEADER] : []),
    ...rows,
  ]
  const text = `${lines.join('\n')}\n`.replaceAll(',', delimiter)
  const file = Buffer.from(text, encoding === 'utf-16le' ? 'utf16le' : encoding === 'windows-1252' ? 'latin1' : 'utf8')

  test.each(['', '?for=spreadsheet', '?for=spreadsheet&delimiter=%09'])(
    'a report of %j is read with the same options',
    async (query) => {
      const first = await importFile(file, options)
      const report = await fetchReport(first, query)
      const again = await importFile(report, options)
      expect(await readings(again, rows)).toEqual(await readings(first, rows))
      expect((await readings(again, rows)).map(({ read }) => read[5])).toEqual(notes)
    },
  )

  test.each<[string, (report: string) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>]>([
    ['packed with gzip', (report) => new Uint8Array(gzipSync(report))],
    ['in UTF-16 with its mark', (report) => utf16(report)],
    ['in UTF-16 with its mark, big end first', (report) => new Uint8Array(Buffer.from(utf16(report)).swap16())],
    ['in UTF-16 and packed', (report) => new Uint8Array(gzipSync(utf16(report)))],
    ['as a workbook', async (report) => makeWorkbookOf(report)],
  ])('a report that was saved %s is read with the same options', async (_name, save) => {
    const first = await importFile(file, options)
    const again = await importFile(await save(await fetchReport(first, '?for=spreadsheet')), options)
    expect(await readings(again, rows)).toEqual(await readings(first, rows))
    expect((await readings(again, rows)).map(({ read }) => read[5])).toEqual(notes)
  })

  test('a report as a workbook is read with the same options', async () => {
    const first = await importFile(file, options)
    const response = await callApi(intake, 'GET', `/v1/imports/${first}/errors.xlsx`)
    const again = await importFile(new Uint8Array(await response.arrayBuffer()), options)
    expect(await readings(again, rows)).toEqual(await readings(first, rows))
  })
})

/** As a spreadsheet saves Unicode text. */
function utf16(report: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(`\ufeff${report.replace('\ufeff', '')}`, 'utf16le'))
}

/** As a spreadsheet saves what it has opened: every cell as the text that it shows. */
async function makeWorkbookOf(report: string): Promise<Uint8Array<ArrayBuffer>> {
  const rows: string[][] = []
  for await (const { cells } of readRecords(Readable.from([Buffer.from(report)]), { delimiter: ',' }))
    rows.push(...cells)
  return new Uint8Array(await makeWorkbook({ sheets: [{ name: 'A', rows }] }))
}

test('a report that a spreadsheet has saved in windows-1252 is read so, where the upload says it', async () => {
  const row = `1603263535000,${TILL},${MOBILE},none,17,Café,shop`
  const report = await fetchReport(await importFile(`${HEADER}\n${row}\n`), '')
  const again = await importFile(Buffer.from(report, 'latin1'), { encoding: 'windows-1252', skipLines: '1' })
  expect((await readings(again, [row]))[0]?.read[5]).toBe('Café')
})

test.each([
  ['a reader that is none', '?for=excel', 'for'],
  ['a delimiter that is none', '?delimiter=x', 'delimiter'],
  ['raw cells for a spreadsheet', '?for=spreadsheet&raw=true', 'raw'],
])('%s is refused', async (_name, query, field) => {
  const response = await callApi(intake, 'GET', `/v1/imports/1/errors.csv${query}`)
  expect([response.status, await readJson(response)]).toMatchObject([
    400,
    { code: 'INVALID_VALUE', detail: expect.stringMatching(new RegExp(`^${field} `)) },
  ])
})
