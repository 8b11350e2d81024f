import { expect, it } from 'vitest'

import { findLastMessage } from './find-last-message.ts'

it.each([
  ['', null],
  ['\n \n', null],
  ['first\nPORT is "x"; expected a number\n', 'PORT is "x"; expected a number'],
  ['{"level":"info","msg":"hello"}\nDied.\n{"level":"info","msg":"bye"}\n', 'Died.'],
  ['{"level":"fatal","err":{"message":"no\\nway"},"msg":"x"}\n{"level":"info","msg":"stopped"}\n', 'no'],
  ['{"level":"error","msg":"only this"}\n{"level":"in', 'only this'],
  ['{"level":"info","msg":"all there is"}', '{"level":"info","msg":"all there is"}'],
  ['"}\n{"level":"fatal","msg":3}\nlast', 'last'],
])('reads the reason of an end from %j', (output, reason) => {
  expect(findLastMessage(output)).toBe(reason)
})
