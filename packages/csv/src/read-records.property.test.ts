import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'

import { BlockReader, FILE_START, type ReadSizes } from './block-reader.ts'
import { readNaively } from './testing/naive-reader.ts'
import { cutIntoPieces, listRecords, readBlocks } from './testing/read-all.ts'
import { isEmptyRecord } from './unseen.ts'
import { writeCsvRow } from './write-csv.ts'

const RUNS = { numRuns: 4000 }

/** Rich in all that reading has rules for. */
const TOKENS = [
  ['"', '"', '"', '""', ',', ',', ',"', '",', '","', '\n', '\n', '\r', '\r\n', ';', 'a', 'bc', ' ', '\t', '|'],
  [
    'é',
    '☃',
    '\u{1f600}',
    '\ufeff',
    '\ufeff',
    '\0',
    '\x1a',
    '\u00a0',
    '\u200b',
    ' "',
    ', "',
    '" ,',
    '"\t,',
    '"\u00a0\n',
  ],
].flat()
const tokens = fc.constantFrom(...TOKENS)
const brokenBytes = fc.constantFrom([0xff], [0xc3], [0xe2, 0x98], [0x80], [0xed, 0xa0, 0x80], [0xc0, 0x80])
const pieces = fc.oneof(
  { weight: 30, arbitrary: tokens.map((token) => Buffer.from(token)) },
  { weight: 1, arbitrary: brokenBytes.map((bytes) => Buffer.from(bytes)) },
)
const files = fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.concat(parts))
/** Lines out of few patterns, so that open quotes meet closing ones of other lines. */
const patterned = fc
  .array(
    fc.constantFrom(
      'a","\n',
      'a\n',
      '"a\n',
      'b"\n',
      '"a"\r\n',
      '"x,"y\n',
      '\n',
      'c,d\r',
      '","\n',
      '"""\n',
      'a, "b\n',
      'c" ,d\n',
      ', ""\n',
      'a, "b"\t\n',
      ',,\n',
      '\ufeff"a"\n',
      ' """", "\n',
    ),
    {
      maxLength: 30,
    },
  )
  .map((lines) => Buffer.from(lines.join('')))
const anyFile = fc.oneof(files, patterned)

const pieceSizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 })
const delimiters = fc.constantFrom(',', ',', ';', '\t', '|', ' ')
const readSizes: fc.Arbitrary<ReadSizes> = fc.record({
  recordBytes: fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constant(1000)),
  recordCells: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(1000)),
  blockBytes: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(1000)),
  blockRecords: fc.integer({ min: 1, max: 20 }),
  stepBytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1000)),
})

describe('reading any bytes', () => {
  test('agrees with the naive reader, however the file is cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, pieceSizes, delimiters, readSizes, async (file, cut, delimiter, sizes) => {
        const blocks = await readBlocks(cutIntoPieces(file, cut), delimiter, sizes)
        expect(listRecords(blocks)).toEqual(readNaively(file, delimiter, sizes))
      }),
      RUNS,
    )
  })

  test('drops records equal to the header, however the file is cut', async () => {
    await fc.assert(
      fc.asyncProperty(patterned, pieceSizes, readSizes, async (file, cut, sizes) => {
        for (const header of [['a'], ['c', 'd'], ['a', 'b']]) {
          const blocks = await readBlocks(cutIntoPieces(file, cut), ',', sizes, FILE_START, header)
          expect(listRecords(blocks)).toEqual(readNaively(file, ',', sizes, header))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('gives the same blocks however the file is cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, pieceSizes, readSizes, async (file, cut, sizes) => {
        const whole = await readBlocks(cutIntoPieces(file, []), ',', { ...sizes, stepBytes: 1000 })
        expect(await readBlocks(cutIntoPieces(file, cut), ',', sizes)).toEqual(whole)
      }),
      RUNS,
    )
  })

  test('goes on from the end of any block as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, pieceSizes, readSizes, async (file, cut, sizes) => {
        const blocks = await readBlocks(cutIntoPieces(file, cut), ',', sizes)
        for (const [index, block] of blocks.entries()) {
          const from = { byteOffset: block.endOffset, line: block.endLine }
          const rest = await readBlocks(cutIntoPieces(file.subarray(from.byteOffset), cut), ',', sizes, from)
          expect(rest).toEqual(blocks.slice(index + 1))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('looks at every byte a constant number of times', () => {
    fc.assert(
      fc.property(anyFile, readSizes, (file, sizes) => {
        const reader = new BlockReader(',', FILE_START, sizes)
        reader.push(file)
        reader.finish()
        while (reader.take() !== undefined);
        expect(reader.cost.scannedBytes).toBeLessThanOrEqual(4 * file.length)
      }),
      RUNS,
    )
  })
})

describe('reading what is well-formed', () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'é', '☃', ' ', '"', ',', '\n', '\r', "'", ';'), maxLength: 6 }),
    fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0')),
  )
  const record = fc.array(cell, { minLength: 1, maxLength: 5 }).filter((cells) => !isEmptyRecord(cells))
  const rows = fc.array(record, { minLength: 1, maxLength: 12 })

  test('gives the cells that were written', async () => {
    await fc.assert(
      fc.asyncProperty(rows, delimiters, pieceSizes, async (written, delimiter, cut) => {
        const text = written.map((row) => writeCsvRow(row, { delimiter })).join('')
        const records = listRecords(await readBlocks(cutIntoPieces(Buffer.from(text), cut), delimiter))
        expect(records.map(({ cells }) => cells)).toEqual(written)
        expect(records.every(({ fault }) => fault === undefined)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('agrees with papaparse on the whole text', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\n' as const, '\r\n' as const), async (written, newline) => {
        const text = Papa.unparse(written, { newline, quotes: true })
        const expected = Papa.parse<string[]>(text, { newline, delimiter: ',' }).data
        const records = listRecords(await readBlocks(cutIntoPieces(Buffer.from(text), []), ','))
        expect(records.map(({ cells }) => cells)).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })
})
