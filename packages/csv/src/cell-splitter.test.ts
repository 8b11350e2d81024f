import { describe, expect, test } from 'vitest'

import { CellSplitter } from './cell-splitter.ts'

/** What is relied on in papaparse's own parser, which is exposed but not promised. */
describe('papaparse as a splitter', () => {
  test.each(['\n', '\r', '\r\n'] as const)('separates records by %j', (separator) => {
    const splitter = new CellSplitter(',', 100)
    const plain = ['a,b', '', 'c"d,', ' e '].map((line) => line + separator).join('')
    const cells = [['a', 'b'], [''], ['c"d', ''], [' e ']]
    expect(splitter.split(plain, separator, false, 4)).toEqual(cells)
    const quoted = ['"a" ,"b\n\r\n\r""c"  ', 'd"e,', '  ', '"","f" '].map((line) => line + separator).join('')
    expect(splitter.split(quoted, separator, true, 4)).toEqual([['a', 'b\n\r\n\r"c'], ['d"e', ''], ['  '], ['', 'f']])
    // And again: a parser is used many times.
    expect(splitter.split(plain, separator, false, 4)).toEqual(cells)
  })

  test('holds other line ends in quotes for text', () => {
    expect(new CellSplitter(';', 100).split('"a\r\nb\nc";d\r', '\r', true, 1)).toEqual([['a\r\nb\nc', 'd']])
  })

  test('takes no cell for a comment, a number or a header', () => {
    expect(new CellSplitter(',', 100).split('#a,1,__proto__\n#a,1,__proto__\n', '\n', false, 2)).toEqual([
      ['#a', '1', '__proto__'],
      ['#a', '1', '__proto__'],
    ])
  })

  test('throws where it finds other records than were announced', () => {
    const splitter = new CellSplitter(',', 100)
    expect(() => splitter.split('a\nb\n', '\n', false, 1)).toThrow('framing found 1 records where splitting found 2')
    expect(() => splitter.split('"a"b\n', '\n', true, 1)).toThrow('framing found')
  })
})

describe('a record of more cells than are split', () => {
  const splitWith = (splitter: CellSplitter, record: string): string[] =>
    splitter.splitAlone(splitter.dropEmptyTail(Buffer.from(record)).toString())
  const splitter = new CellSplitter(',', 1_000)

  test.each<[string, string, string]>([
    ['a million empty cells behind it', `x,"a,b"${','.repeat(1_000_000)}`, ''],
    ['a million blank cells', `x,"a,b",${' ,'.repeat(500_000)}`, ''],
    ['cells of what cannot be seen', `x,"a,b",${'\u200b,\u{1bca0},'.repeat(100_000)}`, ''],
    ['a value far behind', `x,"a,b"${','.repeat(100_000)}y`, `${','.repeat(100_000 - 998)}y`],
    ['a value far behind, and empty cells', `x,"a,b"${','.repeat(100_000)}😀,,`, `${','.repeat(100_000 - 998)}😀,,`],
  ])('has %s', (_name, record, last) => {
    const cells = splitWith(splitter, record)
    expect([cells.length, cells[0], cells[1]]).toEqual([1_000, 'x', 'a,b'])
    expect(cells.at(-1)).toBe(last)
    expect(splitter.mayBeWide(Buffer.from(record))).toBe(true)
  })

  test.each([1, 998, 999, 1_000, 4_094, 4_095, 4_096, 4_097, 5_000, 9_000])(
    'of %i delimiters is not changed by what is dropped',
    (count) => {
      const record = `"x"${','.repeat(count)}`
      expect(splitWith(splitter, record)).toEqual(splitter.splitAlone(record))
      expect(splitter.mayBeWide(Buffer.from(record))).toBe(count >= 1_000)
    },
  )
})
