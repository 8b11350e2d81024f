import { expect, test } from 'vitest'

import { measureRecord } from './measure-record.ts'
import { cutIntoPieces } from './testing/read-all.ts'

const FIRST_LINE = { byteOffset: 0, line: 1 }

test.each([
  ['a plain record', 'a,b\nc,d\n', 3, 1],
  ['one behind which blank lines stand', 'a,b\r\n\r\n \r\nc,d\r\n', 3, 1],
  ['one without a line end', 'a,b', 3, 1],
  ['one that ends with a blank', 'a,b \n\nc,d', 4, 1],
  ['one of several lines', '"a\r\n\r\nb",c\r\n\r\nd', 10, 3],
  ['one of several lines at the end of the file', 'a,"b\nc"', 7, 2],
  ['one whose quote is not closed', '"a\nb\n', 2, 1],
  ['one with text behind its quote', '"a"b\nc', 4, 1],
])('%s', async (_name, file, endOffset, endLine) => {
  const bytes = Buffer.from(file)
  for (const sizes of [[], [1], [2, 3]]) {
    const extent = await measureRecord(cutIntoPieces(bytes, sizes), { delimiter: ',' }, FIRST_LINE)
    expect(extent).toEqual({ endOffset, endLine })
  }
})

test('a record of a sheet counts as one line', async () => {
  const source = cutIntoPieces(Buffer.from('"a\nb",c\n\n'), [])
  const from = { byteOffset: 700, line: 9 }
  const extent = await measureRecord(source, { delimiter: ',', recordsAreLines: true }, from)
  expect(extent).toEqual({ endOffset: 707, endLine: 9 })
})

test('a line that is too long is measured, and not kept', async () => {
  const line = Buffer.alloc(3 * 2 ** 20, 'x')
  const extent = await measureRecord(cutIntoPieces(line, [2 ** 16]), { delimiter: ',' }, FIRST_LINE)
  expect(extent).toEqual({ endOffset: line.length, endLine: 1 })
})

test('no more is read than holds the record and what tells its end', async () => {
  let pieces = 0
  async function* read(): AsyncGenerator<Uint8Array> {
    for (const piece of ['a,b\n', 'c,d\n', 'e,f\n']) {
      pieces += 1
      yield Buffer.from(piece)
    }
  }
  await measureRecord(read(), { delimiter: ',' }, FIRST_LINE)
  expect(pieces).toBe(1)
})

test('a place where no record starts is an error', async () => {
  const measured = measureRecord(cutIntoPieces(Buffer.from('\n\n'), []), { delimiter: ',' }, FIRST_LINE)
  await expect(measured).rejects.toThrow('no record starts at byte 0')
})
