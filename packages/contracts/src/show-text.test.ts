import { expect, it } from 'vitest'

import { showText } from './show-text.ts'

it.each([
  ['as it is', 'Müller 数 😀', 'Müller 数 😀'],
  ['in one line', 'a\r\nb\tc\ufeffd', 'a  b c d'],
  ['without what steers a terminal', '\u0000\u001b[31m\u009b', '\uFFFD\uFFFD[31m\uFFFD'],
  ['without what changes its direction or is not seen', 'a\u202eb\u200bc\u00add', 'a\uFFFDb\uFFFDc\uFFFDd'],
  ['with joiners', 'می\u200cخواهم 👨\u200d👩\u200d👧', 'می\u200cخواهم 👨\u200d👩\u200d👧'],
  ['without halves of characters', 'a\ud83db', 'a\uFFFDb'],
  ['whole where it is as long as may be', '😀'.repeat(60), '😀'.repeat(60)],
  ['cut between characters where it is longer', '😀'.repeat(61), `${'😀'.repeat(60)}…`],
  ['cut, however long it is', 'x'.repeat(100_000), `${'x'.repeat(60)}…`],
])('shows text %s', (_how, text, shown) => {
  expect(showText(text)).toBe(shown)
})

it('cuts to the length that is wanted', () => {
  expect(showText('abcdef', 3)).toBe('abc…')
})
