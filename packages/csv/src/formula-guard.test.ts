import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { escapeGuards, guardForSpreadsheet, guardFormula, unguardCell } from './formula-guard.ts'

describe('a cell that a spreadsheet would run', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\uff1d1+1', "'\uff1d1+1"],
    ['\uff0b1', "'\uff0b1"],
    ['\uff0d1', "'\uff0d1"],
    ['\uff20SUM(A1)', "'\uff20SUM(A1)"],
    ['  =1+1', "'  =1+1"],
    ['\u00a0=1+1', "'\u00a0=1+1"],
    ['\u200b\u202e=1+1', "'\u200b\u202e=1+1"],
    ['\ufeff=1+1', "'\ufeff=1+1"],
    ['\u0000=1+1', "'\u0000=1+1"],
    ['a;=1+1', "a;'=1+1"],
    ['a\t=1+1', "a\t'=1+1"],
    ['a\n=1+1\r\n-2', "a\n'=1+1\r\n'-2"],
    ['a; \u200b@b;+c', "a;' \u200b@b;'+c"],
    ['\t=1+1', "'\t'=1+1"],
    ['\rtext', "'\rtext"],
  ])('%j becomes %j, and that again', (cell, guarded) => {
    expect(guardFormula(cell)).toBe(guarded)
    expect(unguardCell(guarded)).toBe(cell)
  })

  it.each(['', 'text', "it's", "'text", 'a=b', 'a-b@c.de', 'a;b', '1;2-3', "a;'b"])('%j stays as it is', (cell) => {
    expect(guardFormula(cell)).toBe(cell)
    expect(unguardCell(cell)).toBe(cell)
  })

  it('comes back as it was, and leaves nothing that would run, whatever it holds', () => {
    const piece = fc.constantFrom('=', '+', '-', '@', '\uff1d', "'", ';', '\t', '\r', '\n', ' ', '\u200b', 'a', '1')
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (cell) => {
          const guarded = guardFormula(cell)
          // What is guarded already in the file is read so too: there and in its report it means the same.
          expect(unguardCell(guarded)).toBe(unguardCell(cell))
          if (!cell.includes("'")) expect(unguardCell(guarded)).toBe(cell)
          for (const part of guarded.split(/[;\t\r\n]/))
            expect(part.trimStart()).not.toMatch(/^[\u200b ]*[=+\-@\uff1d]/)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each(["'=1", "a;'=1", "'\\t'=1"])(
    '%j is harmless already, and reads the same in a report as in its file',
    (cell) => {
      expect(guardFormula(cell)).toBe(cell)
    },
  )

  it('is guarded in linear time', () => {
    const cell = `${`;${' '.repeat(50)}`.repeat(20_000)}=`
    expect(unguardCell(guardFormula(cell))).toBe(cell)
  })
})

describe('any cell', () => {
  const piece = fc.constantFrom(
    '=',
    '-',
    "'",
    ';',
    '\t',
    '\n',
    ' ',
    '\u200b',
    'a',
    '1',
    '0',
    'TRUE',
    'MAR',
    '/',
    '2020-10-21',
  )
  const cells = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))

  it('comes back from a guard for spreadsheets as it was', () => {
    fc.assert(
      fc.property(cells, (cell) => {
        const guarded = guardForSpreadsheet(cell)
        expect(guardForSpreadsheet(guarded)).toBe(guarded)
        if (!cell.includes("'")) expect(unguardCell(guarded)).toBe(cell)
      }),
      { numRuns: 2_000 },
    )
  })

  it("keeps a ' of its own where it is escaped", () => {
    fc.assert(
      fc.property(cells, (cell) => {
        expect(unguardCell(escapeGuards(cell))).toBe(cell)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['1603263535000', "'1603263535000"],
    ['007', "'007"],
    ['TRUE', "'TRUE"],
    ['MAR1', "'MAR1"],
    ['=1', "'=1"],
    ["'007", "'007"],
    ['17', '17'],
    ['SPRING-1', 'SPRING-1'],
  ])('%j is %j for a spreadsheet', (cell, guarded) => expect(guardForSpreadsheet(cell)).toBe(guarded))
})
