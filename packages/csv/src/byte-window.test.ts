import { expect, test } from 'vitest'

import { ByteWindow } from './byte-window.ts'

test('a window holds what is not released, at the offsets of the file', () => {
  const window = new ByteWindow(1000, 4)
  window.append(Buffer.from('abc'))
  window.append(Buffer.from('defgh'))
  expect(window.end).toBe(1008)
  expect(window.view(1001, 1004).toString()).toBe('bcd')
  window.release(1006)
  window.release(1002)
  for (let count = 0; count < 100; count++) window.append(Buffer.from('ij'))
  expect(window.end).toBe(1208)
  expect(window.view(1006, 1010).toString()).toBe('ghij')
  expect(window.bytes[1006 - window.origin]).toBe('g'.charCodeAt(0))
})

test('a window does not grow while what is held stays small', () => {
  const window = new ByteWindow(0, 16)
  for (let count = 0; count < 10_000; count++) {
    window.append(Buffer.from('abcde'))
    window.release(window.end - 3)
  }
  expect(window.view(window.end - 3, window.end).toString()).toBe('cde')
  expect(window.bytes.length).toBeLessThanOrEqual(32)
})
