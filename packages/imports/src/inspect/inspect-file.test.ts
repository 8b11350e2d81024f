import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { uploadOptions } from '@importer/contracts'
import { describe, expect, test } from 'vitest'

import type { WantedReading } from './find-reading.ts'
import { INSPECTED_BYTES } from '../upload/head-file.ts'
import { inspectFile, type FileInspection } from './inspect-file.ts'

const HEADER = 'Redeemed on,Till,Mobile,Coupon\n'
const row = (date: string | number = 1_603_263_535_000, till = '17'): string =>
  `${date},${till},+49 151 23456${till},SPRING-1\n`
const GUESSED = { mobile: 2, couponCode: 3, redeemedDateInMillis: 0, redeemedAt: 1 }

/** As a client sends it: the fields in text. */
async function inspect(
  file: string | Uint8Array,
  fields: Record<string, string> = {},
  wanted: Partial<WantedReading> = {},
): Promise<FileInspection> {
  const options = uploadOptions.parse(fields)
  const hasDateFormat = fields['dateFormat'] !== undefined
  const head = Buffer.from(file).subarray(0, INSPECTED_BYTES)
  return inspectFile({
    source: { head },
    wanted: { options, hasDateFormat, faults: [], ...wanted },
    lookUp: null,
    profiles: [],
    seriesId: null,
  })
}

const codes = ({ problems }: FileInspection): string[] => problems.map(({ code }) => code)

describe('a file of which nobody has said anything', () => {
  test.each([
    ['with commas', HEADER + row(), ',', true, 0],
    ['with semicolons', (HEADER + row()).replaceAll(',', ';'), ';', true, 0],
    [
      'with tabs and decimal commas',
      'Datum\tKasse\tHandy\tGutscheincode\tBetrag\n1603263535000\t17\t+4915123456\tA1\t1,50\n',
      '\t',
      true,
      0,
    ],
    ['with titles before its header', `Report of October\n\n${HEADER}${row()}`, ',', true, 2],
    ['with a line sep=', `sep=|\n${(HEADER + row()).replaceAll(',', '|')}`, '|', true, 1],
    ['packed with gzip', gzipSync(HEADER + row()), ',', true, 0],
    ['of UTF-16 with its mark', Buffer.from(`\ufeff${HEADER}${row()}`, 'utf16le'), ',', true, 0],
  ])('%s', async (_name, file, delimiter, headerRow, skippedLines) => {
    const found = await inspect(file)
    expect(found).toMatchObject({
      kind: 'csv',
      delimiter,
      headerRow,
      skippedLines,
      uploadHeaders: GUESSED,
      problems: [],
    })
    expect(found).toMatchObject({
      customerIdentifier: 'MOBILE',
      couponIdentifier: 'COUPON_CODE',
      dateFormat: 'epochMillis',
    })
    expect(found.rows).toMatchObject([{ rowNumber: 1, errors: [] }])
    expect(found.columns.slice(0, 4).map(({ suggestedKey }) => suggestedKey)).toEqual([
      'redeemedDateInMillis',
      'redeemedAt',
      'mobile',
      'couponCode',
    ])
  })

  test('has its rows checked by the dates as they look', async () => {
    const dates = ['21.10.2020 09:00', '1.2.2020 10:00', '31.2.2020 10:00']
    const file = HEADER + dates.map((date) => row(date)).join('')
    const unsure = await inspect(file)
    expect(unsure).toMatchObject({ dateFormat: 'd.M.yyyy HH:mm', timeZone: null })
    expect(codes(unsure)).toEqual(['TIME_ZONE_UNSURE'])
    const sure = await inspect(file, { timeZone: 'Europe/Berlin' })
    expect(sure.problems).toEqual([])
    expect(sure.rows.map(({ errors }) => errors.map(({ code }) => code))).toEqual([[], [], ['INVALID_DATE']])
  })

  test('has no date format where day and month could be either way round', async () => {
    const found = await inspect(HEADER + row('03/04/2020') + row('05/06/2020'))
    expect([found.dateFormat, codes(found)]).toEqual([null, ['DATE_FORMAT_UNSURE']])
  })

  test('has what is sure suggested, and the rest named', async () => {
    const found = await inspect('Redeemed on,Shop,Mobile,Coupon\n1603263535000,Berlin,+4915123456,A1\n')
    expect(found).toMatchObject({
      uploadHeaders: null,
      headerRow: true,
      rows: [{ cells: ['1603263535000', 'Berlin', '+4915123456', 'A1'], errors: [] }],
    })
    expect(found.columns.map(({ suggestedKey }) => suggestedKey)).toEqual([
      'redeemedDateInMillis',
      null,
      'mobile',
      'couponCode',
    ])
    expect(found.problems).toEqual([{ code: 'COLUMNS_UNSURE', message: expect.stringContaining('redeemedAt') }])
  })

  test('has a header whose names are of no known language where words stand above numbers', async () => {
    const rows = '2026/05/31 18:45,99,+919900000001,B3\n2026/05/30 18:45,98,+919900000002,B4\n'
    const found = await inspect(`2026年5月\n\n日時,店舗,携帯番号,クーポン\n${rows}`)
    expect(found).toMatchObject({ headerRow: true, skippedLines: 2, dateFormat: 'yyyy/MM/dd HH:mm' })
    expect(found.columns.map(({ name, suggestedKey }) => [name, suggestedKey])).toEqual([
      ['日時', 'redeemedDateInMillis'],
      ['店舗', null],
      ['携帯番号', 'mobile'],
      ['クーポン', null],
    ])
    expect(found.rows[0]).toMatchObject({ rowNumber: 1, line: 4 })
    const words = await inspect('Anna,Berlin,SPRING,heute\nBernd,Hamburg,AUTUMN,morgen\n')
    expect(words.headerRow).toBe(false)
  })

  test('is reported of a header that the importer does not take for one', async () => {
    const found = await inspect(`Date 1,Till,Mobile,Coupon\n${row()}${row()}`)
    expect([found.headerRow, codes(found)]).toEqual([false, ['HEADER_UNSURE']])
    expect(await inspect(`Date 1,Till,Mobile,Coupon\n${row()}`, { hasHeader: 'true' })).toMatchObject({
      headerRow: true,
      problems: [],
    })
  })
})

describe('what was said is what is done', () => {
  const columns = { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponCode: 3 } as const

  test('columns by their names, and the identifiers that they leave', async () => {
    const named = { redeemedDateInMillis: 'Redeemed on', redeemedAt: 'Till', mobile: 'Mobile', couponCode: 'Coupon' }
    expect(await inspect(HEADER + row(), {}, { columns: named })).toMatchObject({
      uploadHeaders: GUESSED,
      customerIdentifier: 'MOBILE',
    })
    const found = await inspect(HEADER + row(), {}, { columns })
    expect(found).toMatchObject({
      uploadHeaders: columns,
      customerIdentifier: 'USER_ID',
      couponIdentifier: 'COUPON_CODE',
    })
    expect(found.rows[0]?.errors).toMatchObject([
      { code: 'INVALID_NUMBER', column: 'userId', value: '+49 151 2345617' },
    ])
  })

  test('a name that is not there is a problem, and the rows are shown', async () => {
    const found = await inspect(HEADER + row(), {}, { columns: { ...columns, redeemedAt: 'Shop' } })
    expect(codes(found)).toEqual(['HEADER_NOT_FOUND'])
    expect(found).toMatchObject({ uploadHeaders: null, rows: [{ rowNumber: 1, errors: [] }] })
  })

  test('lines to skip, a delimiter, no header', async () => {
    const found = await inspect(`anything, at all\n${row().replaceAll(',', '#')}`, {
      skipLines: '1',
      delimiter: '#',
      hasHeader: 'false',
    })
    expect(found).toMatchObject({ skippedLines: 1, delimiter: '#', headerRow: false, rows: [{ line: 2 }] })
  })
})

describe('what is no table', () => {
  test.each([
    ['nothing', '', 'EMPTY_FILE', 'empty'],
    ['an image', Buffer.from('\x89PNG\r\n\x1a\n----', 'latin1'), 'NOT_CSV', 'PNG'],
    ['a page', '<!doctype html><html></html>', 'NOT_CSV', 'HTML'],
    ['UTF-16 without its mark', Buffer.from(HEADER + row(), 'utf16le'), 'NOT_CSV', 'encoding=utf-16le'],
    ['gzip that is cut', gzipSync(HEADER + row().repeat(99)).subarray(0, 60), 'INVALID_GZIP', 'gzip'],
  ])('%s', async (_name, file, code, says) => {
    const found = await inspect(file)
    expect(found).toMatchObject({ kind: null, columns: [], rows: [], uploadHeaders: null })
    expect(found.problems).toEqual([{ code, message: expect.stringContaining(says) }])
  })

  test('can be one once something else is chosen', async () => {
    const file = Buffer.from(HEADER + row(), 'utf16le')
    expect(await inspect(file, { encoding: 'utf-16le' })).toMatchObject({
      kind: 'csv',
      encoding: 'utf-16le',
      problems: [],
    })
  })
})

test('bytes that are no UTF-8 are a problem that names another encoding', async () => {
  const file = Buffer.from(`${HEADER}${row()}1603263535000,17,+4915123456,Fr\xfchling\n`, 'latin1')
  const found = await inspect(file)
  expect(codes(found)).toEqual(['INVALID_ENCODING'])
  expect(found.rows[1]?.errors).toMatchObject([{ code: 'INVALID_ENCODING' }])
  const chosen = await inspect(file, { encoding: 'windows-1252' })
  expect(chosen.problems).toEqual([])
  expect(chosen.rows[1]?.cells[3]).toBe('Frühling')
})

describe('of a long file', () => {
  test('the first rows are read whole, and no more of it', async () => {
    const long = HEADER + row().repeat(50_000)
    for (const file of [long, gzipSync(long)]) {
      const { problems, rows } = await inspect(file)
      expect([problems, rows.length]).toEqual([[], 20])
    }
    // A client that knows the limit sends no more than that.
    const notes = randomBytes(1_800_000).toString('base64').match(/.{60}/g) ?? []
    const packed = gzipSync(HEADER + notes.map((note) => row().replace('\n', `,${note}\n`)).join(''))
    expect(packed.length).toBeGreaterThan(INSPECTED_BYTES)
    const { problems, rows } = await inspect(packed)
    expect([problems, rows.length]).toEqual([[], 20])
  })

  test('a record that ends behind what was looked at is not shown cut', async () => {
    const wide = `1603263535000,17,+4915123456,A1,${'x'.repeat(60_000)}\n`.repeat(10)
    const found = await inspect(
      `${HEADER}${wide}1603263535000,17,+4915123456,"A1","${'x\n'.repeat(450_000)}"\n${row()}`,
    )
    expect(found.rows.length).toBeGreaterThan(0)
    expect(found.rows.length).toBeLessThanOrEqual(10)
    expect(found.rows.flatMap(({ errors }) => errors)).toEqual([])
  })

  test('blank lines all along are a problem', async () => {
    expect(codes(await inspect('\n'.repeat(INSPECTED_BYTES)))).toEqual(['NO_ROWS'])
  })

  test('thousands of columns and long cells do not hold it up', async () => {
    const wide = Array.from({ length: 3_000 }, (_none, at) => `x${at}`).join(',')
    expect((await inspect(`${wide}\n${wide}\n`)).columns).toHaveLength(1_024)
    expect((await inspect(`${HEADER}${row()}${'@.'.repeat(200_000)},17,1,2\n`)).rows).toHaveLength(2)
  })
})
