import fc from 'fast-check'
import { expect, test } from 'vitest'

import { cutText } from './cut-text.ts'

const texts = fc.array(fc.constantFrom('a', 'é', '数', '😀')).map((characters) => characters.join(''))

test('pieces of a text are together what it was, and each is text by itself', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 5 }), (text, size) => {
      const pieces = [...cutText(text, size)]
      expect(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString()).toBe(text)
      for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(size + 1)
    }),
  )
})
