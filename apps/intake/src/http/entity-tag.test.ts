import { expect, test } from 'vitest'

import { makeEntityTag, matchesEntityTag } from './entity-tag.ts'

const tag = makeEntityTag('body')

test('a tag is that of its body', () => {
  expect(tag).toMatch(/^"[\w-]+"$/)
  expect(makeEntityTag('body')).toBe(tag)
  expect(makeEntityTag('other')).not.toBe(tag)
})

test.each([
  [undefined, false],
  ['"other"', false],
  [tag, true],
  [`W/${tag}`, true],
  [`"other", ${tag}`, true],
  [tag.replace(/"$/, '-gzip"'), true],
  [`W/${tag.replace(/"$/, '-gzip"')}`, true],
  [`${tag}-gzip`, true],
  ['"other-gzip"', false],
  ['*', true],
])('If-None-Match %s: %s', (header, matches) => {
  expect(matchesEntityTag(header, tag)).toBe(matches)
})
