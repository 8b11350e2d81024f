import { describe, expect, test } from 'vitest'

import { HEAD_BYTES, inspectHead } from './inspect-head.ts'

const COLUMNS = { date: 0, till: 1, lastMandatory: 2 }
const inspect = (text: string | Buffer, complete = true): unknown => inspectHead(Buffer.from(text), complete, COLUMNS)
const found = (delimiter: string, hasHeader: boolean): unknown => ({ ok: true, delimiter, hasHeader })

describe('delimiter and header', () => {
  test.each([
    { name: 'comma', head: '1603263535000,9,C1\n', delimiter: ',', hasHeader: false },
    { name: 'semicolon', head: '1603263535000;9;C1\n', delimiter: ';', hasHeader: false },
    { name: 'tab', head: '1603263535000\t9\tC1\n', delimiter: '\t', hasHeader: false },
    { name: 'bar', head: '1603263535000|9|C1\n', delimiter: '|', hasHeader: false },
    { name: 'a header', head: 'date;till;coupon\n1603263535000;9;C1\n', delimiter: ';', hasHeader: true },
    { name: 'a header behind a byte order mark', head: '\ufeff"date","till",c\n', delimiter: ',', hasHeader: true },
    { name: 'a header and nothing else', head: 'date|till|coupon', delimiter: '|', hasHeader: true },
    { name: 'a header with a digit in the till', head: 'date,till1,coupon\n', delimiter: ',', hasHeader: false },
    { name: 'a header with a digit elsewhere', head: 'date,till,coupon1\n', delimiter: ',', hasHeader: true },
    { name: 'an empty till', head: 'date, ,coupon\n', delimiter: ',', hasHeader: false },
    { name: 'blank lines before the header', head: '\n \ndate,till,coupon\n', delimiter: ',', hasHeader: true },
    { name: 'a first record that cannot be read', head: 'date,"till"x,c\n1,2,3\n', delimiter: ',', hasHeader: false },
    { name: 'a first record with a NUL', head: 'da\0te,till,c\n1,2,3\n', delimiter: ',', hasHeader: false },
    { name: 'other delimiters in cells', head: '1;x,y;a,b,c\n2;x,y;a,b,c\n', delimiter: ';', hasHeader: false },
    { name: 'a delimiter in quotes', head: '"1";"a,b,c,d";e\n', delimiter: ';', hasHeader: false },
    { name: 'dates that are wrong', head: 'x1;2;3\ny1;2;3\n', delimiter: ';', hasHeader: false },
    { name: 'rows that are all too short', head: 'x1;2\ny1;2\n', delimiter: ';', hasHeader: false },
    { name: 'a tie', head: 'x1,2,3;4;5\n', delimiter: ',', hasHeader: false },
    { name: 'no delimiter at all', head: 'hello\n', delimiter: ',', hasHeader: false },
    { name: 'spaces around', head: ' date ; till ;c\n 1603263535000 ; 9;x\n', delimiter: ';', hasHeader: true },
  ])('$name', ({ head, delimiter, hasHeader }) => expect(inspect(head)).toEqual(found(delimiter, hasHeader)))

  test('a quote that stays open hides nothing behind it', () => {
    const head = `1;"2;3\n${'1603263535000;9;C1\n'.repeat(20_000)}`.slice(0, HEAD_BYTES)
    expect(inspect(head, false)).toEqual(found(';', false))
  })

  test('the record that the end of the head cuts does not count', () => {
    const long = 'x1,2,3\n'
    const cut = `${long}1;2;3`
    expect(inspect(cut, false)).toEqual(found(',', false))
    expect(inspect(cut, true)).toEqual(found(';', false))
  })

  test('a head in the middle of a character', () => {
    const head = Buffer.from('date,till,é').subarray(0, -1)
    expect(inspect(Buffer.concat([Buffer.from('date,till,c\n'), head]), false)).toEqual(found(',', true))
  })

  test('columns may stand anywhere', () => {
    const head = Buffer.from('coupon;till;x;date\nC1;9;;1603263535000\n')
    expect(inspectHead(head, true, { date: 3, till: 1, lastMandatory: 3 })).toEqual(found(';', true))
  })
})

describe('no CSV', () => {
  test.each(['', '\ufeff', '\n', '\r\n \t\n', '\ufeff\n\n'])('%j is empty', (head) => {
    expect(inspect(head)).toMatchObject({ ok: false, code: 'EMPTY_FILE' })
  })

  test('blanks are not empty while more may follow', () => {
    expect(inspect('\n\n', false)).toEqual(found(',', false))
  })

  const utf16 = Buffer.from('1603263535000,9,C1\n', 'utf16le')
  const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
  const random = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * index * 7919 + index * 31) >> 3))

  test.each([
    { kind: 'UTF-16', head: Buffer.concat([latin1('\xff\xfe'), utf16]) },
    { kind: 'UTF-16', head: latin1('\xfe\xff\0a\0,\0b') },
    { kind: 'UTF-16', head: utf16 },
    { kind: 'UTF-16', head: Buffer.from(utf16).swap16() },
    { kind: 'UTF-32', head: latin1('\xff\xfe\0\0a\0\0\0') },
    { kind: 'zip', head: latin1('PK\x03\x04\x14\0xl/workbook.xml') },
    { kind: 'gzip', head: latin1('\x1f\x8b\x08\0') },
    { kind: 'PNG', head: latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR') },
    { kind: 'JPEG', head: latin1('\xff\xd8\xff\xe0\0\x10JFIF') },
    { kind: 'GIF', head: latin1('GIF89a\x01\0') },
    { kind: 'PDF', head: latin1('%PDF-1.7\n') },
    { kind: 'BMP', head: latin1('BM\x36\x10\0\0\0\0\0\0') },
    { kind: 'TIFF', head: latin1('II*\0\x08\0\0\0') },
    { kind: 'WebP', head: latin1('RIFF\x24\0\0\0WEBPVP8 ') },
    { kind: 'old Excel', head: latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1') },
    { kind: '7z', head: latin1('7z\xbc\xaf\x27\x1c') },
    { kind: 'rar', head: latin1('Rar!\x1a\x07\x01\0') },
    { kind: 'xz', head: latin1('\xfd7zXZ\0') },
    { kind: 'zstd', head: latin1('\x28\xb5\x2f\xfd') },
    { kind: 'bzip2', head: latin1('BZh91AY&SY') },
    { kind: 'SQLite', head: latin1('SQLite format 3\0') },
    { kind: 'binary', head: random },
    { kind: 'binary', head: Buffer.alloc(5000) },
  ])('$kind', ({ kind, head }) => {
    const result = inspect(head)
    expect(result).toMatchObject({ ok: false, code: 'NOT_CSV' })
    expect(result).toHaveProperty(
      'message',
      expect.stringMatching(new RegExp(`^the file looks like .*${kind}.*; expected`)),
    )
  })

  test.each([
    { name: 'one NUL', head: '1603263535000,9,C\0\n' },
    { name: 'one byte that is no UTF-8', head: latin1('1603263535000,9,C\xff\n') },
    { name: 'Windows-1252', head: latin1('1603263535000,9,caf\xe9\n'.repeat(100)) },
    { name: 'a name that begins like a bitmap', head: '1,2,3\nBMW,PK,GIF\n' },
    { name: 'a first cell that begins like a bitmap', head: 'BM,RIFF,BZh\n' },
  ])('$name is still CSV', ({ head }) => expect(inspect(head)).toMatchObject({ ok: true }))
})
