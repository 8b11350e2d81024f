import { describe, expect, test } from 'vitest'

import { HEAD_BYTES, inspectHead } from './inspect-head.ts'

const COLUMNS = { date: 0, till: 1, lastMandatory: 2 }
const inspect = (text: string | Buffer, complete = true): unknown => inspectHead(Buffer.from(text), complete, COLUMNS)
const found = (delimiter: string, hasHeader: boolean): unknown =>
  expect.objectContaining({ ok: true, delimiter, hasHeader })

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

  test.each([
    {
      name: 'titles before the header',
      head: 'Report\nPeriod,2024\n\ndate,till,c\n1,9,x\n',
      start: { byteOffset: 20, line: 4 },
    },
    {
      name: 'a title as wide as two columns',
      head: 'Report,of coupons\ndate,till,c\n1,9,x\n',
      start: { byteOffset: 18, line: 2 },
    },
    {
      name: 'records of nothing before the header',
      head: ',,\n ,\t,\ndate,till,c\n1,9,x\n',
      start: { byteOffset: 8, line: 3 },
    },
    {
      name: 'a title with an empty till',
      head: 'Report,,2024\ndate,till,c\n1,9,x\n',
      start: { byteOffset: 13, line: 2 },
    },
    { name: 'a header that names not every column', head: 'date,till\n1,9,x\n', start: { byteOffset: 0, line: 1 } },
    {
      name: 'a header behind nine titles',
      head: `${'t\n'.repeat(9)}date,till,c\n1,9,x\n`,
      start: { byteOffset: 18, line: 10 },
    },
    { name: 'a sep line', head: '\ufeffsep=,\r\ndate,till,c\n1,9,x\n', start: { byteOffset: 10, line: 2 } },
  ])('$name', ({ head, start }) => {
    expect(inspect(head)).toEqual({ ok: true, delimiter: ',', hasHeader: true, start })
  })

  test.each([
    { name: 'a header behind ten titles', head: `${'t\n'.repeat(10)}date,till,c\n1,9,x\n` },
    { name: 'titles and no header', head: 'Report\n1,9,x\n' },
    { name: 'a data row before the header', head: '1,9,x\ndate,till,c\n' },
    { name: 'digits of another script', head: '\u0661,\u0669,x\n' },
  ])('$name: there is none, and nothing is skipped', ({ head }) => {
    expect(inspect(head)).toEqual({ ok: true, delimiter: ',', hasHeader: false, start: { byteOffset: 0, line: 1 } })
  })

  test.each([
    { name: 'a sep line', head: 'sep=~\n1~9~x\n', delimiter: '~' },
    { name: 'a sep line in quotes', head: '"sep=;"\n1;9;x\n', delimiter: ';' },
    { name: 'a sep line that names no delimiter', head: 'sep="\n1;9;x\n', delimiter: ';' },
    { name: 'decimal commas', head: 'd;t;c;n\n1,5E+12;9;x;12,50\n1;9;x;12,50\n1,5E+12;9;x;a, b\n', delimiter: ';' },
    { name: 'a title of other delimiters', head: 'a|b|c\nd;t;c\n1;9;x\n2;9;x\n', delimiter: ';' },
    { name: 'text of other delimiters', head: 'd,t,c,n\n1,9,x,a;b;c;d\n2,9,x,a|b|c|d\n', delimiter: ',' },
    { name: 'rows of other delimiters without a header', head: '1;9;x;a,b,c\n2;9;x;d,e,f\n3;9;x\n', delimiter: ';' },
  ])('by $name', ({ head, delimiter }) => expect(inspect(head)).toMatchObject({ ok: true, delimiter }))

  test('what is known already is kept', () => {
    const known = (options: object) => inspectHead(Buffer.from('t\n1,9,x\nd,t,c\n'), true, COLUMNS, options)
    expect(known({ hasHeader: true })).toMatchObject({ hasHeader: true, start: { byteOffset: 0, line: 1 } })
    expect(known({ hasHeader: false, delimiter: ';' })).toMatchObject({ hasHeader: false, delimiter: ';' })
  })

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
    { kind: 'HTML', head: '\ufeff\n<!DOCTYPE html>\n<html>' },
    { kind: 'HTML', head: '<table><tr><td>1</td></tr></table>' },
    { kind: 'XML', head: '<?xml version="1.0"?><a/>' },
    { kind: 'XML', head: '<rows>\n<row/></rows>' },
    { kind: 'JSON', head: '{"rows":[{"date":1}]}' },
    { kind: 'JSON', head: '[\n  {"date": 1},\n  {"date": 2}\n]\n' },
    { kind: 'JSON', head: '{"date":1,"till":2}\n{"date":2,"till":2}\n' },
    { kind: 'JSON', head: '[1732500000000, 50015001]' },
    { kind: 'RTF', head: '{\\rtf1\\ansi' },
    { kind: 'Parquet', head: latin1('PAR1\x15\0') },
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
    { name: 'NULs at the end', head: `1603263535000,9,C1\n${'\0'.repeat(4000)}` },
    { name: 'NULs behind a row that was cut', head: `1603263535000,9,C1\n1603263535000,9${'\0'.repeat(4000)}` },
    { name: 'a hole of NULs', head: `1603263535000,9,C1\n${'\0'.repeat(3000)}\n1603263535000,9,C2\n` },
    { name: 'a name in brackets', head: '[date],[till],[code]\n' },
    { name: 'a brace', head: '{date},{till},{code}\n' },
    { name: 'one NUL', head: '1603263535000,9,C\0\n' },
    { name: 'one byte that is no UTF-8', head: latin1('1603263535000,9,C\xff\n') },
    { name: 'Windows-1252', head: latin1('1603263535000,9,caf\xe9\n'.repeat(100)) },
    { name: 'a name that begins like a bitmap', head: '1,2,3\nBMW,PK,GIF\n' },
    { name: 'a first cell that begins like a bitmap', head: 'BM,RIFF,BZh\n' },
  ])('$name is still CSV', ({ head }) => expect(inspect(head)).toMatchObject({ ok: true }))
})
