import { expect, test } from 'vitest'

import { nameCallbackReceiver } from './record-event.ts'

test.each([
  ['https://hooks.example.com/a?b=c', 'callback:7:https://hooks.example.com'],
  ['https://HOOKS.example.com:443/b', 'callback:7:https://hooks.example.com'],
  ['http://hooks.example.com:9000/', 'callback:7:http://hooks.example.com:9000'],
])('%s is the receiver %s', (url, receiver) => {
  expect(nameCallbackReceiver(7, url)).toBe(receiver)
})

test.each([
  ['a long name', `https://${'a'.repeat(2_000)}.example.com`],
  ['one that punycode makes longer', `https://${'界'.repeat(1_900)}`],
])('%s is a receiver that an index can hold, and its own', (_name, url) => {
  const receiver = nameCallbackReceiver(7, url)
  expect(Buffer.byteLength(receiver)).toBeLessThan(400)
  expect(nameCallbackReceiver(7, `${url}/other`)).toBe(receiver)
  expect(nameCallbackReceiver(7, `${url}x/`)).not.toBe(receiver)
  expect(nameCallbackReceiver(8, url)).not.toBe(receiver)
})
