/**
 * Makes the workbooks of this folder, each with what must come of it: `npx tsx tests/cases/make-workbooks.ts`. What they
 * hold is easier to read here than in them.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'

import { makeWorkbook, type MadeCell, type MadeWorkbook } from '../support/make-workbook.ts'

const HEADER = ['Redeemed on', 'Till', 'Mobile', 'Coupon', 'Details']
const POSITIONS = { redeemedDateInMillis: 0, redeemedAt: 1, mobile: 2, couponCode: 3, details: 4 }
const NOON = Date.UTC(2024, 10, 25, 12)
const mobile = (n: number): number => 919_800_000_000 + n
const till = (n: number): number => 50_015_000 + n

interface WorkbookCase {
  readonly name: string
  readonly why: string
  readonly workbook: MadeWorkbook
  readonly options?: Record<string, string>
  readonly expect: object
  readonly errors?: readonly object[]
  readonly redemptions?: readonly object[]
  readonly reportHeader?: readonly string[]
}

const good = (count: number, more: object = {}) => ({
  rows: count,
  inserted: count,
  duplicates: 0,
  rejected: 0,
  codes: {},
  ...more,
})

const sheet = (rows: readonly (readonly MadeCell[] | null)[]): MadeWorkbook => ({ sheets: [{ name: 'Sheet1', rows }] })

const CASES: readonly WorkbookCase[] = [
  {
    name: 'workbook-numbers',
    why: 'Long numbers as numbers and as text, with an exponent in the file and with the zeros of their format: all digits count.',
    workbook: sheet([
      HEADER,
      [NOON, till(1), mobile(1), 'SPRING-0401', 'numbers'],
      [String(NOON), String(till(2)), String(mobile(2)), 'SPRING-0402', 'texts'],
      [
        { number: '1.7325359999999999E12' },
        { number: '5.0015003E7' },
        { number: '9.19800000003E11' },
        'SPRING-0403',
        1.5,
      ],
      [
        { number: String(NOON), format: '0' },
        { number: String(till(4)), format: '0000000000' },
        { number: String(mobile(4)), format: '0' },
        'SPRING-0404',
        0.1 + 0.2,
      ],
    ]),
    expect: good(4, { headerRow: true }),
    redemptions: [
      { rowNumber: 3, redeemedAt: 1_732_536_000_000, tillId: till(3), details: '1.5' },
      { rowNumber: 4, redeemedAt: NOON, tillId: till(4), details: '0.3' },
    ],
  },
  {
    name: 'workbook-dates',
    why: 'Dates are read by their value in the time zone, whatever dateFormat says of texts; a text is read by dateFormat alone.',
    workbook: sheet([
      HEADER,
      [{ date: '2024-11-25T09:00:15' }, till(1), mobile(1), 'SPRING-0405', { date: '2024-12-24' }],
      [{ date: '2024-07-01', format: 'dd/mm/yy' }, till(2), mobile(2), 'SPRING-0406', { date: '2024-12-24T18:30:00' }],
      [{ date: '2024-03-31T02:30:00' }, till(3), mobile(3), 'SPRING-0407', 'no such time'],
      ['2024-11-25T09:00:15', till(4), mobile(4), 'SPRING-0408', 'a text'],
      [NOON, till(5), mobile(5), 'SPRING-0409', 'a number'],
    ]),
    options: { timeZone: 'Europe/Berlin' },
    expect: { rows: 5, inserted: 3, duplicates: 0, rejected: 2, codes: { INVALID_DATE: 2 } },
    errors: [
      { rowNumber: 3, line: 4, code: 'INVALID_DATE', says: 'exist' },
      { rowNumber: 4, line: 5, code: 'INVALID_DATE', says: 'iso8601' },
    ],
    redemptions: [
      { rowNumber: 1, redeemedAt: Date.UTC(2024, 10, 25, 8, 0, 15), details: '2024-12-24' },
      { rowNumber: 2, redeemedAt: Date.UTC(2024, 5, 30, 22), details: '2024-12-24T18:30:00' },
      { rowNumber: 5, redeemedAt: NOON },
    ],
  },
  {
    name: 'workbook-dates-and-a-pattern',
    why: 'Beside a pattern for texts dates keep the seconds that the pattern has not.',
    workbook: sheet([
      HEADER,
      [{ date: '2024-11-25T09:00:15' }, till(1), mobile(1), 'SPRING-0410', 'a date'],
      ['25.11.2024 09:00', till(2), mobile(2), 'SPRING-0411', 'a text'],
    ]),
    options: { dateFormat: 'dd.MM.yyyy HH:mm', timeZone: 'Asia/Kolkata' },
    expect: good(2),
    redemptions: [
      { rowNumber: 1, redeemedAt: Date.UTC(2024, 10, 25, 3, 30, 15) },
      { rowNumber: 2, redeemedAt: Date.UTC(2024, 10, 25, 3, 30) },
    ],
  },
  {
    name: 'workbook-dates-without-zone',
    why: 'Without a time zone nobody knows when a date of a workbook was.',
    workbook: sheet([HEADER, [{ date: '2024-11-25T09:00:00' }, till(1), mobile(1), 'SPRING-0412', 'x']]),
    options: { dateFormat: 'iso8601' },
    expect: { rows: 1, inserted: 0, duplicates: 0, rejected: 1, codes: { INVALID_DATE: 1 } },
    errors: [{ rowNumber: 1, line: 2, code: 'INVALID_DATE', says: 'timeZone' }],
  },
  {
    name: 'workbook-of-1904',
    why: 'A workbook that counts its days from 1904.',
    workbook: {
      is1904: true,
      sheets: [
        { name: 'Sheet1', rows: [HEADER, [{ date: '2024-11-25T09:00:00' }, till(1), mobile(1), 'SPRING-0413', 'x']] },
      ],
    },
    options: { dateFormat: 'iso8601', timeZone: 'UTC' },
    expect: good(1),
    redemptions: [{ rowNumber: 1, redeemedAt: Date.UTC(2024, 10, 25, 9) }],
  },
  {
    name: 'workbook-of-several-sheets',
    why: 'The first sheet that shows and has content counts: not an empty one, not a hidden one, not one of blanks.',
    workbook: {
      sheets: [
        { name: 'Empty', rows: [] },
        { name: 'Lists', rows: [['1', '2', '3', '4', '5']], isHidden: true },
        { name: 'Blanks', rows: [[' ', ' ']] },
        { name: 'Data', rows: [HEADER, [NOON, till(1), mobile(1), 'SPRING-0414', 'x']] },
        { name: 'More', rows: [HEADER, [NOON, till(2), mobile(2), 'SPRING-0415', 'x']] },
      ],
    },
    expect: good(1),
  },
  {
    name: 'workbook-with-titles',
    why: 'Merged titles before the header and empty rows carry no row; rows are counted as the sheet counts them, line breaks in cells or not.',
    workbook: {
      sheets: [
        {
          name: 'Report',
          merged: ['A1:E1', 'A2:E2'],
          rows: [
            ['Redemptions of\nNovember 2024'],
            [{ date: '2024-12-01' }],
            null,
            HEADER,
            [NOON, till(1), mobile(1), 'SPRING-0416', 'two\nlines, "quoted"'],
            null,
            [NOON, till(2), mobile(2), 'NO-SUCH', "it's"],
            [NOON, till(3), mobile(3), 'SPRING-0417', null],
            ['Total', null, null, null, 3],
          ],
        },
      ],
    },
    expect: {
      rows: 4,
      inserted: 2,
      duplicates: 0,
      rejected: 2,
      codes: { COUPON_NOT_FOUND: 1, INVALID_DATE: 1, MISSING_VALUE: 1 },
      headerRow: true,
    },
    errors: [
      { rowNumber: 2, line: 7, code: 'COUPON_NOT_FOUND' },
      { rowNumber: 4, line: 9, code: 'INVALID_DATE', says: 'total' },
    ],
    redemptions: [{ rowNumber: 1, details: 'two\nlines, "quoted"' }],
    reportHeader: HEADER,
  },
  {
    name: 'workbook-formulas',
    why: 'Formulas count by what they gave, errors are reported as such, inline texts and truths as they show.',
    workbook: sheet([
      HEADER.map((inline) => ({ inline })),
      [
        { formula: 'A9*1', value: NOON },
        { formula: 'VLOOKUP(B9,Tills!A:B,2,FALSE)', value: till(1) },
        { formula: 'TEXT(C9,"0")', value: String(mobile(1)) },
        { inline: 'SPRING-0418' },
        { truth: true },
      ],
      [NOON, { error: '#N/A' }, mobile(2), 'SPRING-0419', 'x'],
      [NOON, till(3), { error: '#REF!' }, 'SPRING-0420', 'x'],
    ]),
    expect: {
      rows: 3,
      inserted: 1,
      duplicates: 0,
      rejected: 2,
      codes: { INVALID_NUMBER: 1, CUSTOMER_NOT_FOUND: 1 },
    },
    errors: [{ rowNumber: 2, line: 3, code: 'INVALID_NUMBER', says: 'spreadsheet' }],
    redemptions: [{ rowNumber: 1, details: 'TRUE' }],
  },
  {
    name: 'workbook-hidden-columns',
    why: 'A column that does not show keeps its position.',
    workbook: {
      sheets: [
        { name: 'Sheet1', hiddenColumns: [2, 5], rows: [HEADER, [NOON, till(1), mobile(1), 'SPRING-0421', 'hidden']] },
      ],
    },
    expect: good(1),
    redemptions: [{ rowNumber: 1, tillId: till(1), details: 'hidden' }],
  },
  {
    name: 'workbook-without-content',
    why: 'A workbook in which no sheet has anything is an empty file.',
    workbook: { sheets: [{ name: 'Sheet1', rows: [] }] },
    expect: { status: 'failed', says: 'workbook' },
  },
]

for (const { name, why, workbook, options, ...expected } of CASES) {
  const file = `${name}.xlsx`
  const made = {
    why,
    file,
    series: 501,
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    uploadHeaders: POSITIONS,
    ...(options !== undefined && { options }),
    ...expected,
  }
  writeFileSync(path.join(import.meta.dirname, file), await makeWorkbook(workbook))
  writeFileSync(path.join(import.meta.dirname, `${name}.expect.json`), `${JSON.stringify(made, null, 2)}\n`)
}
