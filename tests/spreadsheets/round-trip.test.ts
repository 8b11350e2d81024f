/**
 * A report is opened in LibreOffice, saved, mended, opened and saved once more, and uploaded with the options of the first
 * upload: exactly the rows that were mended go in, and every other cell reads as it did.
 */
import type { SystemDatabase } from '@importer/db'
import { readRecords } from '@importer/csv'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { makeWorkbook, type MadeCell } from '../support/make-workbook.ts'
import { openOrganization, type OrganizationClient } from '../support/open-organization.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { prepareLibreOffice, type Language, type SaveAgain, type SpreadsheetFile } from './libre-office.ts'

const SERIES = 501
const CUSTOMER = '919800000001'
const TILL = '50015001'
/** No such till: why every row of the first upload is rejected. */
const WRONG_TILL = '99'
const MENDED_ROWS = 5

/** Codes of coupons that a spreadsheet would make something else of. */
const CODES = [
  'SPRING-0036',
  '0012',
  '1603263535000',
  '123456789012345678901',
  '1E5',
  '12E-3',
  'TRUE',
  'WAHR',
  'MAR1',
  '1-Mar',
  'SEPT 2',
  '2024-11-25',
  '25.11.2024',
  '1/2',
  '12:30',
  '12,50',
  '1.234',
  '50%',
  '#N/A',
  "'TRUE",
  'x;=1',
  'ÄÖÜ-ß',
  '(5)',
  '1603263535001',
] as const

const DETAILS = [
  'plain text',
  '=1+1',
  '-5',
  '+49 170 1234567',
  '@SUM(A1)',
  "'quoted' at the start",
  "'=1+1",
  "'007",
  '5 apples',
  '12.50',
  '007',
  '1E5',
  '2024-11-25 09:00',
  'two\nlines',
  'a "quoted" word',
  'a;b,c\td',
  '#NAME?',
  'falsch',
  '1603263535000',
  "it's",
  '€ 5,00',
  '😀',
  '',
  '21. Okt 2020',
] as const

const at = (index: number): number => Date.UTC(2024, 10, 25, 9, 0, index)
const CELLS: readonly (readonly string[])[] = CODES.map((code, index) => [
  WRONG_TILL,
  ['919800000001', '+919800000001', '00919800000001', "'+919800000001"][index % 4] ?? '',
  code,
  ['007', '12', '1E5', 'BILL-1', '=7'][index % 5] ?? '',
  DETAILS[index] ?? '',
  ['0049', 'note', '3-4'][index % 3] ?? '',
])
const HEADER = ['Redeemed on', 'Till', 'Phone', 'Code', 'Bill', 'Notes', 'Shop']
const FIELDS = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders:
    '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3, "billNumber": 4, "details": 5}',
}

interface Source {
  readonly name: string
  /** What the spreadsheet program speaks. */
  readonly language: Language
  readonly options: Readonly<Record<string, string>>
  readonly file: () => Promise<{ readonly name: string; readonly content: Uint8Array<ArrayBuffer> }>
}

const SOURCES: readonly Source[] = [
  {
    name: 'CSV with times in milliseconds',
    language: 'english',
    options: {},
    file: async () =>
      Promise.resolve({ name: 'a.csv', content: toCsv(CELLS.map((row, i) => [String(at(i)), ...row])) }),
  },
  {
    name: 'CSV with dates of a pattern',
    language: 'german',
    options: { dateFormat: 'dd.MM.yyyy HH:mm:ss', timeZone: 'UTC' },
    file: async () =>
      Promise.resolve({ name: 'a.csv', content: toCsv(CELLS.map((row, i) => [toPattern(at(i)), ...row])) }),
  },
  {
    name: 'CSV behind a title, with all that can be said of how it is read',
    language: 'english',
    options: { skipLines: '1', delimiter: '|', encoding: 'utf-16le', hasHeader: 'false' },
    file: async () => {
      const rows = CELLS.map((row, i) => [String(at(i)), ...row].map((cell) => `"${cell.replaceAll('"', '""')}"`))
      const text = ['A title', ...rows.map((row) => row.join('|'))].join('\n')
      return Promise.resolve({ name: 'a.csv', content: new Uint8Array(Buffer.from(text, 'utf16le')) })
    },
  },
  {
    name: 'a workbook with dates',
    language: 'english',
    options: { dateFormat: 'dd/MM/yyyy', timeZone: 'UTC' },
    file: async () => {
      const rows = CELLS.map((row, i): MadeCell[] => [{ date: new Date(at(i)).toISOString().slice(0, 19) }, ...row])
      return {
        name: 'a.xlsx',
        content: new Uint8Array(await makeWorkbook({ sheets: [{ name: 'A', rows: [HEADER, ...rows] }] })),
      }
    },
  },
]

/** The reports that a person can take, by the delimiter with which the program opens them. */
const REPORTS = [
  { path: 'errors.csv?for=spreadsheet', file: 'comma.csv', delimiter: ',' },
  { path: 'errors.csv?for=spreadsheet&delimiter=%3B', file: 'semicolon.csv', delimiter: ';' },
  { path: 'errors.csv?for=spreadsheet&delimiter=%09', file: 'tab.csv', delimiter: '\t' },
  { path: 'errors.xlsx', file: 'report.xlsx', delimiter: ',' },
] as const

const SAVED_AS = [{ delimiter: ',' }, { delimiter: ';' }, 'xlsx'] as const

/** Of the sources, four reports and three ways to save each pair is tried, not each of the triples: a start of LibreOffice takes seconds. */
function isTried(source: Source, report: number, as: (typeof SAVED_AS)[number]): boolean {
  return SAVED_AS[(SOURCES.indexOf(source) + report) % SAVED_AS.length] === as
}

let system: RunningSystem
let database: SystemDatabase
let saveAgain: SaveAgain
let organizations = 0

beforeAll(async () => {
  system = await startSystem({ partitions: 2, batchRows: 10, concurrency: 4 })
  saveAgain = await prepareLibreOffice()
  database = openTestDatabase(system.databaseUrl)
})
afterAll(() => system.stop())

async function openShop(): Promise<OrganizationClient> {
  organizations += 1
  const shop = await openOrganization(database, `http://127.0.0.1:${system.port}`, 80_000 + organizations)
  const load = async (kind: string, rows: readonly (readonly string[])[]): Promise<void> =>
    expect(await (await shop.put(kind, toCsv(rows.slice(1), rows[0]))).json()).toMatchObject({ rejected: 0 })
  await load('series', [
    ['id', 'maxRedemptionsPerCoupon'],
    [String(SERIES), '1'],
  ])
  await load('customers', [
    ['id', 'mobile'],
    ['1', CUSTOMER],
  ])
  await load('tills', [['id'], [TILL]])
  // In reference data a ' before a digit or a sign is dropped, too: these codes have none there.
  await load('coupons', [['id', 'seriesId', 'code'], ...CODES.map((code, i) => [String(i + 1), String(SERIES), code])])
  return shop
}

/** What every row of an import was read as. */
async function readRows(shop: OrganizationClient, id: number): Promise<object[]> {
  return Promise.all(
    CODES.map(async (_code, index) => {
      const { cells } = await shop.read<{ cells: { key: string | null; read: string | null }[] }>(
        `/v1/imports/${id}/rows/${index + 1}`,
      )
      return Object.fromEntries(cells.flatMap(({ key, read }) => (key === null ? [] : [[key, read]])))
    }),
  )
}

/** Puts the right till into the first rows, as a person does. */
async function mend(saved: Uint8Array | undefined): Promise<string[][]> {
  const rows: string[][] = []
  async function* bytes() {
    if (saved !== undefined) yield saved
  }
  for await (const { cells } of readRecords(bytes(), { delimiter: ',' })) rows.push(...cells)
  const [header = [], ...data] = rows
  const mended = data.map((cells, index) =>
    index < MENDED_ROWS ? cells.map((cell, column) => (column === 1 ? TILL : cell)) : cells,
  )
  return [header, ...mended]
}

/** A workbook is mended in itself: as CSV, without its cells' kinds, the program would open it as something else. */
async function writeMended(report: string, rows: readonly string[][]): Promise<SpreadsheetFile> {
  const [header = [], ...data] = rows
  if (!report.endsWith('.xlsx')) return { name: `mended-${report}`, content: toCsv(data, header) }
  const content = new Uint8Array(await makeWorkbook({ sheets: [{ name: 'A', rows: [header, ...data] }] }))
  return { name: `mended-${report}`, content }
}

it.each(SOURCES)('$name comes back as it was from each report and each way to save, in $language', async (source) => {
  const { options, language, file } = source
  const fields = { ...FIELDS, ...options }
  const shop = await openShop()
  const { id, view } = await shop.importFile(SERIES, fields, await file())
  expect(view).toMatchObject({
    counts: { rows: CODES.length, rejected: CODES.length },
    errorsByCode: { TILL_NOT_FOUND: CODES.length },
  })
  const first = await readRows(shop, id)
  const mended: SpreadsheetFile[] = []
  for (const report of REPORTS) {
    const response = await shop.send(`/v1/imports/${id}/${report.path}`)
    const content = new Uint8Array(await response.arrayBuffer())
    const opened = { delimiter: report.delimiter, language }
    const saved = await saveAgain([{ name: report.file, content }], opened, { delimiter: ',' })
    mended.push(await writeMended(report.file, await mend(saved.get(report.file))))
  }
  const rejected = CODES.length - MENDED_ROWS
  const expected = first.map((row, index) => (index < MENDED_ROWS ? { ...row, redeemedAt: TILL } : row))
  for (const as of SAVED_AS) {
    // How CSV is opened is said for all files of a call.
    const isWorkbook = ({ name }: SpreadsheetFile): boolean => name.endsWith('.xlsx')
    const tried = mended.filter((_each, report) => isTried(source, report, as))
    const workbooks = await saveAgain(tried.filter(isWorkbook), { delimiter: ',', language }, as)
    const plain = tried.filter((each) => !isWorkbook(each))
    const texts = await saveAgain(plain, { delimiter: ',', language }, as)
    for (const [name, content] of [...workbooks, ...texts]) {
      const other = await openShop()
      const sent = await other.importFile(SERIES, fields, { name, content })
      const how = `${name} saved as ${JSON.stringify(as)}: import ${sent.id}`
      expect({ ...sent.view.counts, codes: sent.view.errorsByCode }, how).toEqual({
        rows: CODES.length,
        inserted: MENDED_ROWS,
        duplicates: 0,
        rejected,
        codes: { TILL_NOT_FOUND: rejected },
      })
      expect(await readRows(other, sent.id), how).toEqual(expected)
    }
  }
})

function toCsv(rows: readonly (readonly string[])[], header: readonly string[] = HEADER): Uint8Array<ArrayBuffer> {
  const write = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
  return new Uint8Array(Buffer.from([header, ...rows].map((row) => `${row.map(write).join(',')}\n`).join('')))
}

/** 25.11.2024 09:00:00, in UTC. */
function toPattern(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().slice(0, 19).split('T')
  return `${date.split('-').toReversed().join('.')} ${time}`
}
