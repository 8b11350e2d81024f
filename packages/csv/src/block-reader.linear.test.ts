import { describe, expect, test } from 'vitest'

import { BlockReader, FILE_START, READ_SIZES } from './block-reader.ts'

const MEGABYTE = 2 ** 20
const PIECE_BYTES = 64 * 1024

interface Totals {
  readonly bytes: number
  readonly records: number
  readonly faults: number
  readonly scannedBytes: number
  readonly mostHeldBytes: number
  /** Whether every record started on the line after the one before it. */
  readonly oneLineEach: boolean
}

/** Reads `prefix` and then the pattern over and over, in pieces, until there are so many bytes. */
function readRepeated(prefix: string, pattern: string, wantedBytes: number): Totals {
  const repeated = Buffer.from(pattern.repeat(Math.ceil(PIECE_BYTES / pattern.length)))
  const reader = new BlockReader(',', FILE_START, READ_SIZES)
  const totals = { records: 0, faults: 0, mostHeldBytes: 0, oneLineEach: true }
  let lastLine = 0
  const takeAll = (): void => {
    for (let block = reader.take(); block !== undefined; block = reader.take()) {
      totals.records += block.cells.length
      totals.faults += block.faults.size
      for (const line of block.lines) {
        if (line !== ++lastLine) totals.oneLineEach = false
      }
    }
    totals.mostHeldBytes = Math.max(totals.mostHeldBytes, reader.cost.heldBytes)
  }
  let bytes = prefix.length
  reader.push(Buffer.from(prefix))
  while (bytes < wantedBytes) {
    reader.push(repeated)
    bytes += repeated.length
    takeAll()
  }
  reader.finish()
  takeAll()
  return { bytes, ...totals, scannedBytes: reader.cost.scannedBytes }
}

const LINE = `${'0123456789,'.repeat(9)}x`

const CASES = [
  {
    name: 'one quote that is never closed',
    prefix: `"${LINE}\n`,
    pattern: `${LINE}\n`,
    megabytes: 100,
    faultyLines: 'first',
  },
  {
    name: 'a quote that is never closed on every line',
    prefix: '',
    pattern: `a,"${LINE}\n`,
    megabytes: 100,
    faultyLines: 'all',
  },
  {
    name: 'quotes that every line closes and opens',
    prefix: '',
    pattern: `${LINE}","\n`,
    megabytes: 25,
    faultyLines: 'all',
  },
  { name: 'the same in the shortest lines', prefix: '', pattern: 'a","\n', megabytes: 8, faultyLines: 'all' },
  { name: 'the same ended by CR', prefix: '', pattern: 'a","\r', megabytes: 4, faultyLines: 'all' },
  { name: 'one line of 20 MB', prefix: '', pattern: 'abcdefg,', megabytes: 20, faultyLines: 'all' },
  { name: 'one line of 20 MB in quotes', prefix: '"', pattern: 'abcdefg,', megabytes: 20, faultyLines: 'all' },
  { name: 'one line of 20 MB behind a fault', prefix: '"a"b', pattern: 'abcdefg,', megabytes: 20, faultyLines: 'all' },
  { name: '100 MB of quotes', prefix: '', pattern: '"', megabytes: 100, faultyLines: 'all' },
  {
    name: 'one quote behind a blank that is never closed',
    prefix: `a, "${LINE}\n`,
    pattern: `${LINE}\n`,
    megabytes: 20,
    faultyLines: 'none',
  },
  {
    name: 'a quote behind a blank that is never closed on every line',
    prefix: '',
    pattern: `a, "${LINE}\n`,
    megabytes: 20,
    faultyLines: 'none',
  },
  { name: 'pairs of quotes behind blanks', prefix: 'a, "b', pattern: ', ""c\n', megabytes: 8, faultyLines: 'none' },
  { name: 'triples of quotes behind blanks', prefix: '', pattern: 'a, """c\n', megabytes: 8, faultyLines: 'none' },
] as const

describe('work and memory', () => {
  test.each(CASES)('$name, $megabytes MB', { timeout: 60_000 }, ({ prefix, pattern, megabytes, faultyLines }) => {
    const totals = readRepeated(prefix, pattern, megabytes * MEGABYTE)
    expect(totals.oneLineEach).toBe(true)
    expect(totals.faults).toBe({ all: totals.records, first: 1, none: 0 }[faultyLines])
    expect(totals.records).toBeGreaterThan(0)
    // What a quote behind blanks looks ahead over is looked at once more.
    expect(totals.scannedBytes).toBeLessThanOrEqual((faultyLines === 'none' ? 3 : 2) * totals.bytes)
    expect(totals.mostHeldBytes).toBeLessThanOrEqual(8 * MEGABYTE)
  })

  test('blank lines without end take no memory', () => {
    const totals = readRepeated('a\n', ' \n', 4 * MEGABYTE)
    expect(totals).toMatchObject({ records: 1, faults: 0 })
    expect(totals.mostHeldBytes).toBeLessThanOrEqual(MEGABYTE)
  })
})
