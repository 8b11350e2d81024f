/** An error report that is sent again, as people save it, with what the first file needed: which options it is read with. */
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { uploadOptions } from '@importer/contracts'
import { describe, expect, test } from 'vitest'

import { HeadFile, INSPECTED_BYTES } from './head-file.ts'
import { readAsSentReport } from './read-sent-report.ts'

const HEADER = 'date,till,phone,code,notes,rowNumber,line,errorCode,errorNumber,errorMessage\n'
const ROW = '1603263535000,17,919876543210,A1,Café,1,2,COUPON_NOT_FOUND,704,no such coupon\n'
const REPORT = HEADER + ROW

const utf16 = (text: string, mark = '\ufeff'): Buffer => Buffer.from(mark + text, 'utf16le')
const swapped = (text: string): Buffer => utf16(text).swap16()

/** How a spreadsheet or a person saves a report, and the encodings that an upload of it may declare; null: every one. */
const SAVED: [string, (text: string) => Uint8Array, readonly string[] | null][] = [
  ['as it was', (text) => Buffer.from(text), null],
  ['with a mark', (text) => Buffer.from(`\ufeff${text}`), null],
  ['packed with gzip', (text) => gzipSync(text), null],
  ['in UTF-16, little end first', utf16, null],
  ['in UTF-16, big end first', swapped, null],
  ['in UTF-16 and packed', (text) => gzipSync(utf16(text)), null],
  ['in UTF-16, big end first, and packed', (text) => gzipSync(swapped(text)), null],
  ['in UTF-16 without a mark', (text) => utf16(text, ''), ['utf-16le']],
  ['in UTF-16 without a mark, packed', (text) => gzipSync(utf16(text, '')), ['utf-16le']],
  ['in windows-1252', (text) => Buffer.from(text, 'latin1'), ['windows-1252']],
  ['in windows-1252 and packed', (text) => gzipSync(Buffer.from(text, 'latin1')), ['windows-1252']],
]

const FIRST = [
  { skipLines: '3' },
  { delimiter: '|' },
  { encoding: 'windows-1252' },
  { encoding: 'utf-16le' },
  { hasHeader: 'false' },
  { skipLines: '1', delimiter: ';', encoding: 'windows-1252', hasHeader: 'false' },
  { skipLines: '100', delimiter: '#', encoding: 'utf-16le', hasHeader: 'false' },
] as const

const send = async (bytes: Uint8Array, fields: Readonly<Record<string, string>>) =>
  readAsSentReport({ store: new HeadFile(bytes, true), fileKey: '' }, uploadOptions.parse(fields))

describe.each(SAVED)('a report that is saved %s', (_name, save, encodings) => {
  test.each(FIRST)('is recognised with %j', async (fields) => {
    const { encoding = 'utf-8' } = fields as { encoding?: string }
    if (encodings !== null && !encodings.includes(encoding)) return
    for (const delimiter of [',', ';', '\t']) {
      const text = REPORT.replaceAll(',', delimiter)
      expect(await send(save(text), fields)).toMatchObject({ delimiter, hasHeader: 'true', skipLines: 0 })
    }
  })

  test.each(FIRST)('is the only file that is read otherwise than %j says', async (fields) => {
    const other = HEADER.replace('errorMessage', 'message') + ROW
    expect(await send(save(other), fields)).toEqual(uploadOptions.parse(fields))
    const behind = `a title\n${REPORT}`
    expect(await send(save(behind), fields)).toEqual(uploadOptions.parse(fields))
  })
})

test.each<[string, Uint8Array, string, string]>([
  ['UTF-8', Buffer.from(REPORT), 'windows-1252', 'utf-8'],
  ['UTF-8', gzipSync(REPORT), 'windows-1252', 'utf-8'],
  ['UTF-8', gzipSync(REPORT), 'utf-16le', 'utf-8'],
  ['windows-1252', Buffer.from(REPORT, 'latin1'), 'windows-1252', 'windows-1252'],
  ['windows-1252', gzipSync(Buffer.from(REPORT, 'latin1')), 'windows-1252', 'windows-1252'],
  ['UTF-16 without a mark', utf16(REPORT, ''), 'utf-16le', 'utf-16le'],
  ['UTF-16 without a mark', gzipSync(utf16(REPORT, '')), 'utf-16le', 'utf-16le'],
])('one in %s is read so', async (_name, bytes, declared, expected) => {
  expect(await send(bytes, { encoding: declared })).toMatchObject({ encoding: expected, skipLines: 0 })
})

test.each([false, true])(
  'one is in windows-1252 although that shows only behind what was looked at; packed: %j',
  async (packed) => {
    const text = Buffer.from(HEADER + ROW.replace('é', 'e').repeat(40_000) + ROW, 'latin1')
    expect(text.length).toBeGreaterThan(INSPECTED_BYTES)
    const sent = await send(packed ? gzipSync(text) : text, { encoding: 'windows-1252' })
    expect(sent).toMatchObject({ encoding: 'windows-1252', hasHeader: 'true' })
  },
)

test('a packed file of which only the beginning is there is recognised by it', async () => {
  const notes = randomBytes(1_800_000).toString('base64').match(/.{60}/g) ?? []
  const head = gzipSync(HEADER + notes.map((note) => ROW.replace('Café', note)).join('')).subarray(0, INSPECTED_BYTES)
  expect(head).toHaveLength(INSPECTED_BYTES)
  for (const fields of FIRST) {
    expect(await send(head, fields)).toMatchObject({ encoding: 'utf-8', hasHeader: 'true', skipLines: 0 })
  }
})

test('one that is packed and cut off is refused', async () => {
  const cut = gzipSync(REPORT).subarray(0, 60)
  await expect(send(cut, { skipLines: '1' })).rejects.toMatchObject({ code: 'INVALID_GZIP' })
})
