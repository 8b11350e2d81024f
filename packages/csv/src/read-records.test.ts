import { describe, expect, test } from 'vitest'

import { readRecords } from './read-records.ts'
import { cutIntoPieces, listRecords, readBlocks } from './testing/read-all.ts'

const LIMIT = 2 ** 20

interface Case {
  readonly name: string
  readonly file: string | Buffer
  readonly delimiter?: string
  /** Per record its cells, or its fault and its text. */
  readonly records: readonly (readonly string[] | { readonly fault: string; readonly raw: string })[]
  readonly offsets?: readonly number[]
  readonly lines?: readonly number[]
}

const repeat = (cell: string, count: number): string[] => Array.from({ length: count }, () => cell)

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

const CASES: readonly Case[] = [
  { name: 'nothing', file: '', records: [] },
  { name: 'only a byte order mark', file: '\ufeff', records: [] },
  { name: 'half a byte order mark', file: bytes('\xef\xbb'), records: [{ fault: 'not_utf8', raw: '\ufffd' }] },
  { name: 'a byte order mark is dropped', file: '\ufeffa,b\n', records: [['a', 'b']], offsets: [3], lines: [1] },
  { name: 'a byte order mark before a quote', file: '\ufeff"a",b', records: [['a', 'b']] },
  {
    name: 'a byte order mark within a record is text',
    file: 'a\n\ufeffb,\ufeffc\n',
    records: [['a'], ['b', '\ufeffc']],
  },
  {
    name: 'LF',
    file: 'a,b\nc,d\n',
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    offsets: [0, 4],
    lines: [1, 2],
  },
  {
    name: 'CRLF',
    file: 'a,b\r\nc,d\r\n',
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    offsets: [0, 5],
    lines: [1, 2],
  },
  {
    name: 'CR',
    file: 'a,b\rc,d\r',
    records: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    offsets: [0, 4],
    lines: [1, 2],
  },
  { name: 'mixed line ends', file: 'a\r\nb\nc\rd', records: [['a'], ['b'], ['c'], ['d']], lines: [1, 2, 3, 4] },
  { name: 'a last line without its end', file: 'a\nb,c', records: [['a'], ['b', 'c']] },
  { name: 'a last empty cell', file: 'a,', records: [['a', '']] },
  { name: 'a last quoted cell with spaces behind', file: '"a","b"  ', records: [['a', 'b']] },
  { name: 'blank lines', file: '\n\na\n \t \n\r\nb\n\n', records: [['a'], ['b']], offsets: [2, 10], lines: [3, 6] },
  { name: 'only blank lines', file: '\n \n\t\r\n', records: [] },
  { name: 'a line of delimiters is none', file: ',,\na\n , ,\t\n"",\u00a0\n', records: [['a']], lines: [2] },
  { name: 'a line of tabs between tabs is none', file: '\t\n  \n', delimiter: '\t', records: [] },
  { name: 'an empty quoted cell is none', file: '""\n"\n"\na\n', records: [['a']], lines: [4] },
  { name: 'Ctrl-Z at the end', file: 'a\r\nb\x1ac\r\n\x1a\x1a', records: [['a'], ['b\x1ac']] },
  { name: 'Ctrl-Z behind the last quote', file: 'a,"b"\x1a', records: [['a', 'b']] },
  {
    name: 'Ctrl-Z where files were joined',
    file: 'a\n\x1a\ufeff"b, c"\n',
    records: [['a'], ['b, c']],
    offsets: [0, 6],
  },
  {
    name: 'quotes behind blanks',
    file: 'a, "b, ""c""" ,\t"d"\t\n1,\u00a0"2"\u00a0, "e\nf"\n',
    records: [
      ['a', 'b, "c"', 'd'],
      ['1', '2', 'e\nf'],
    ],
    lines: [1, 2],
  },
  {
    name: 'quotes behind blanks that are not closed as they should be',
    file: 'a, "b\nc, "d"e,f\n1, "2, 3\n',
    records: [
      ['a', ' "b'],
      ['c', ' "d"e', 'f'],
      ['1', ' "2', ' 3'],
    ],
    lines: [1, 2, 3],
  },
  { name: 'line ends of CR CR LF', file: 'a,b\r\r\nc\r\r\n', records: [['a', 'b'], ['c']], lines: [1, 3] },
  { name: 'cells are not trimmed', file: ' a , b\t\n', records: [[' a ', ' b\t']] },
  { name: 'quoted cells', file: '"a","b ""c""",""\n', records: [['a', 'b "c"', '']] },
  { name: 'a cell of one quote', file: '""""\n', records: [['"']] },
  {
    name: 'line breaks in quotes',
    file: '"a\nb\r\nc\rd",e\nf\n',
    records: [['a\nb\r\nc\rd', 'e'], ['f']],
    lines: [1, 5],
  },
  { name: 'delimiters in quotes', file: '"a;b";c\n', delimiter: ';', records: [['a;b', 'c']] },
  {
    name: 'a quote in an unquoted cell',
    file: 'a"b,c"\n 5", "x"\n',
    records: [
      ['a"b', 'c"'],
      [' 5"', 'x'],
    ],
  },
  { name: 'spaces behind a closing quote', file: '"a"  ,"b" \n"c" \r\n', records: [['a', 'b'], ['c']] },
  { name: 'tab as delimiter', file: '"a"\tb\n', delimiter: '\t', records: [['a', 'b']] },
  { name: 'bar as delimiter', file: 'a|"b|c"\n', delimiter: '|', records: [['a', 'b|c']] },
  {
    name: 'offsets are bytes',
    file: 'é,☃\n"\u{1f600}"\nx\n',
    records: [['é', '☃'], ['\u{1f600}'], ['x']],
    offsets: [0, 7, 14],
  },
  {
    name: 'a quote that is not closed',
    file: 'a\nb,"c\nd,e\n',
    records: [['a'], { fault: 'quote_not_closed', raw: 'b,"c' }, ['d', 'e']],
    offsets: [0, 2, 7],
    lines: [1, 2, 3],
  },
  {
    name: 'a quote that is not closed, on every line',
    file: 'a","\na","\r\na","',
    records: ['a","', 'a","', 'a","'].map((raw) => ({ fault: 'quote_not_closed', raw })),
    offsets: [0, 5, 11],
    lines: [1, 2, 3],
  },
  {
    name: 'text behind a closing quote',
    file: '"a"b,c\nd\n"e" "\nf\n"g"\u3000\n',
    records: [
      { fault: 'text_after_quote', raw: '"a"b,c' },
      ['d'],
      { fault: 'text_after_quote', raw: '"e" "' },
      ['f'],
      { fault: 'text_after_quote', raw: '"g"\u3000' },
    ],
  },
  {
    name: 'text behind a quote that another line closed costs the first line only',
    file: 'a,"b\nc,d\ne"f\n',
    records: [{ fault: 'text_after_quote', raw: 'a,"b' }, ['c', 'd'], ['e"f']],
    lines: [1, 2, 3],
  },
  {
    name: 'bytes that are no UTF-8 cost their record',
    file: bytes('a,b\n"x\ny",\xff\nc\n'),
    records: [['a', 'b'], { fault: 'not_utf8', raw: '"x\ny",\ufffd' }, ['c']],
    lines: [1, 2, 4],
  },
  {
    name: 'a character cut in two by a line end',
    file: bytes('a\xc3\n\xa9b\nc\n'),
    records: [{ fault: 'not_utf8', raw: 'a\ufffd' }, { fault: 'not_utf8', raw: '\ufffdb' }, ['c']],
  },
  { name: 'a surrogate', file: bytes('\xed\xa0\x80\n'), records: [{ fault: 'not_utf8', raw: '\ufffd\ufffd\ufffd' }] },
  { name: 'NUL', file: 'a\0b,c\nd\n', records: [{ fault: 'nul_byte', raw: 'a\0b,c' }, ['d']] },
  { name: 'NUL and no UTF-8', file: bytes('\0\xff\n'), records: [{ fault: 'not_utf8', raw: '\0\ufffd' }] },
  { name: 'a fault of quoting comes first', file: '"\0\n', records: [{ fault: 'quote_not_closed', raw: '"\0' }] },
  { name: 'a record of the longest length', file: `${'x'.repeat(LIMIT)}\r\ny`, records: [['x'.repeat(LIMIT)], ['y']] },
  {
    name: 'a record that is too long',
    file: `a\n${'x'.repeat(LIMIT + 1)}\nb\n`,
    records: [['a'], { fault: 'record_too_long', raw: 'x'.repeat(LIMIT) }, ['b']],
    offsets: [0, 2, LIMIT + 4],
    lines: [1, 2, 3],
  },
  {
    name: 'a line that is too long is not cut within a character',
    file: `${'x'.repeat(LIMIT - 1)}☃y\nb\n`,
    records: [{ fault: 'record_too_long', raw: 'x'.repeat(LIMIT - 1) }, ['b']],
  },
  {
    name: 'quotes that close just in time',
    file: `"a\n${'x'.repeat(LIMIT - 4)}"\nb\n`,
    records: [[`a\n${'x'.repeat(LIMIT - 4)}`], ['b']],
    lines: [1, 3],
  },
  {
    name: 'quotes that close just too late',
    file: `"a\n${'x'.repeat(LIMIT - 3)}"\nb\n`,
    records: [{ fault: 'quote_not_closed', raw: '"a' }, [`${'x'.repeat(LIMIT - 3)}"`], ['b']],
    lines: [1, 2, 3],
  },
  {
    name: 'a record whose quotes are right but which is too long costs its first line',
    file: `"a\nb",${'x'.repeat(LIMIT)}\nc\n`,
    records: [
      { fault: 'record_too_long', raw: '"a' },
      { fault: 'record_too_long', raw: `b",${'x'.repeat(LIMIT - 3)}` },
      ['c'],
    ],
  },
  {
    name: 'as many cells as are split',
    file: `${'a,'.repeat(8_191)}b\n"${'a","'.repeat(8_191)}b"\n`,
    records: [
      [...repeat('a', 8_191), 'b'],
      [...repeat('a', 8_191), 'b'],
    ],
  },
  {
    name: 'more cells than are split: the last one holds the rest as it is',
    file: `${'a,'.repeat(8_191)}b,c, "d"\n${'"a,",'.repeat(8_191)}"b","c",\ne\n`,
    records: [[...repeat('a', 8_191), 'b,c, "d"'], [...repeat('a,', 8_191), '"b","c",'], ['e']],
    lines: [1, 2, 3],
  },
  {
    name: 'a million cells, empty but for the first',
    file: `x${','.repeat(1_000_000)}\ny\n`,
    records: [['x', ...repeat('', 8_191)], ['y']],
  },
  { name: 'a million empty cells carry no row', file: `${','.repeat(1_000_000)}\ny\n`, records: [['y']], lines: [2] },
  {
    name: 'a million cells, empty but for the last',
    file: `${','.repeat(1_000_000)}x\ny\n`,
    records: [[...repeat('', 8_191), `${','.repeat(1_000_000 - 8_191)}x`], ['y']],
  },
]

describe('records', () => {
  test.each(CASES)('$name', async ({ file, delimiter = ',', records, offsets, lines }) => {
    const content = Buffer.from(file)
    for (const sizes of [[], [65536], content.length > 1000 ? [99_991] : [1]]) {
      const read = listRecords(await readBlocks(cutIntoPieces(content, sizes), delimiter))
      const seen = read.map(({ cells, fault }) => (fault === undefined ? cells : { fault, raw: cells.join('|') }))
      // Compared as a truth value first: a difference of megabytes is no help to anyone.
      if (content.length > 1000) expect(JSON.stringify(seen) === JSON.stringify(records)).toBe(true)
      else expect(seen).toEqual(records)
      if (offsets !== undefined) expect(read.map(({ offset }) => offset)).toEqual(offsets)
      if (lines !== undefined) expect(read.map(({ line }) => line)).toEqual(lines)
    }
  })

  test('reports where reading can go on', async () => {
    const ends = async (file: string): Promise<unknown> =>
      (await readBlocks(cutIntoPieces(Buffer.from(file), []), ',')).map(({ endOffset, endLine }) => [
        endOffset,
        endLine,
      ])
    expect(await ends('a\nb\n')).toEqual([[4, 3]])
    expect(await ends('a\nb')).toEqual([[3, 2]])
    expect(await ends('"a\nb')).toEqual([[4, 2]])
    expect(await ends('a\r\n\r\n')).toEqual([[5, 3]])
    expect(await ends('\n')).toEqual([[1, 2]])
    expect(await ends('')).toEqual([])
  })

  test('come in blocks that a consumer may stop between', async () => {
    for (const [row, ofBytes] of [
      ['0123456789,abcdefghi\n'.repeat(5).replaceAll('\n', '').concat('\n'), true],
      ['7,x\n', false],
    ] as const) {
      const blocks = await readBlocks(cutIntoPieces(Buffer.from(row.repeat(50_000)), []), ',')
      const whole = blocks.slice(0, -1)
      const sizes = whole.map((block, index) => block.endOffset - (blocks[index - 1]?.endOffset ?? 0))
      // By bytes where records are long, by records where they are short: a block is cut at once.
      if (ofBytes) expect(sizes.every((size) => size >= 64 * 1024 && size <= 256 * 1024)).toBe(true)
      else expect(whole.every(({ cells }) => cells.length === 2_048)).toBe(true)
      expect(blocks.reduce((sum, { cells }) => sum + cells.length, 0)).toBe(50_000)
    }
  })

  test('end the source when the consumer stops', async () => {
    let closed = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('a,b\n'.repeat(20_000))
      } finally {
        closed = true
      }
    }
    for await (const block of readRecords(endless(), { delimiter: ',' })) {
      expect(block.cells[0]).toEqual(['a', 'b'])
      break
    }
    expect(closed).toBe(true)
  })

  test('pass on an error of the source', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a,b\n')
      throw new Error('the disk is gone')
    }
    await expect(readBlocks(failing(), ',')).rejects.toThrow('the disk is gone')
  })

  test.each(['', ',,', '"', '\n', '\r', '\0', '§'])('are not split by %j', async (delimiter) => {
    await expect(readBlocks(cutIntoPieces(Buffer.from('a'), []), delimiter)).rejects.toThrow(RangeError)
  })
})
