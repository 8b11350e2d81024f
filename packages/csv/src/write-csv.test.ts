import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'

import { guardFormula, unguardCell } from './formula-guard.ts'
import { writeCsvRow } from './write-csv.ts'

describe('a written row', () => {
  test.each([
    { cells: ['a', '', 'b c'], line: 'a,,b c\n' },
    { cells: ['a,b', 'say "hi"', 'two\nlines'], line: '"a,b","say ""hi""","two\nlines"\n' },
    { cells: [' a', 'b '], line: '" a","b "\n' },
    { cells: [''], line: '""\n' },
    { cells: [' \t'], line: '" \t"\n' },
    { cells: ['\ufeffa'], line: '"\ufeffa"\n' },
    { cells: ['=1+1', '+49 170', '-5', '@x', 'a=b'], line: '=1+1,+49 170,-5,@x,a=b\n' },
  ])('$line', ({ cells, line }) => expect(writeCsvRow(cells)).toBe(line))

  test('is what papaparse writes', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', ';', '\t', '\n', '\r', '\ufeff', '=') })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2 }), fc.constantFrom(',', ';', '\t'), (cells, delimiter) => {
        expect(writeCsvRow(cells, { delimiter })).toBe(`${Papa.unparse([cells], { delimiter, newline: '\n' })}\n`)
      }),
    )
  })

  test('has the delimiter asked for', () => {
    expect(writeCsvRow(['a,b', 'c;d'], { delimiter: ';' })).toBe('a,b;"c;d"\n')
    expect(() => writeCsvRow(['a'], { delimiter: '\n' })).toThrow(RangeError)
  })
})

describe('the guard against formulas', () => {
  test.each(['=1+1', '+49', '-1', '@x', '\tx', '\rx', '='])('%j', (cell) => {
    expect(guardFormula(cell)).toBe(`'${cell}`)
    expect(unguardCell(guardFormula(cell))).toBe(cell)
  })

  test.each(['', 'a', '1', "'a", "'", '"=1"'])('%j is left alone both ways', (cell) => {
    expect(guardFormula(cell)).toBe(cell)
    expect(unguardCell(cell)).toBe(cell)
  })

  test('guards once only', () => expect(guardFormula("'=1")).toBe("'=1"))
})
