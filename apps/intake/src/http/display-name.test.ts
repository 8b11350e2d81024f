import fc from 'fast-check'
import { expect, test } from 'vitest'

import { makeDisplayName } from './display-name.ts'

const AT = new Date(1603263533789)

test.each([
  ['couponCode.csv', 'couponCode_1603263533789_953234.csv'],
  ['no extension', 'no extension_1603263533789_953234'],
  ['two.dots.csv', 'two.dots_1603263533789_953234.csv'],
  ['größe – данные.csv', 'größe – данные_1603263533789_953234.csv'],
  ['../../etc/passwd', 'passwd_1603263533789_953234'],
  ['C:\\temp\\x.csv', 'x_1603263533789_953234.csv'],
  ['a\u0000b\r\nc\u202e.csv', 'abc_1603263533789_953234.csv'],
  ['.csv', 'csv_1603263533789_953234'],
  ['..', 'upload_1603263533789_953234'],
  ['', 'upload_1603263533789_953234'],
  [`${'x'.repeat(300)}.csv`, `${'x'.repeat(100)}_1603263533789_953234.csv`],
  [`x.${'y'.repeat(300)}`, 'x_1603263533789_953234'],
])('%j is shown as %j', (name, shown) => {
  expect(makeDisplayName(name, AT, 953234n)).toBe(shown)
})

test('whatever the client sends, the name holds no path and no control character and has an end', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
      const shown = makeDisplayName(name, AT, 953234n)
      expect(shown).not.toMatch(/[/\\]|\p{C}/u)
      expect(shown).not.toMatch(/^\./)
      expect(shown.length).toBeLessThan(260)
    }),
  )
})
