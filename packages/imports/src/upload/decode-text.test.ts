import { expect, test } from 'vitest'

import { decodeText } from './decode-text.ts'

const TEXT = 'id,name\n1,Straße 数 🎟️\n'
const littleEndian = Buffer.from(`\ufeff${TEXT}`, 'utf16le')
const bigEndian = Buffer.from(littleEndian).swap16()

/** The text of a body that comes in pieces of so many bytes. */
async function decode(body: Buffer, size: number): Promise<Buffer> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < body.length; at += size) yield await Promise.resolve(body.subarray(at, at + size))
  }
  const parts: Uint8Array[] = []
  for await (const part of decodeText(pieces(), 'utf-8')) parts.push(part)
  return Buffer.concat(parts)
}

test.each<[string, Buffer, Buffer]>([
  ['UTF-16, little end first', littleEndian, Buffer.from(TEXT)],
  ['UTF-16, big end first', bigEndian, Buffer.from(TEXT)],
  ['UTF-8', Buffer.from(TEXT), Buffer.from(TEXT)],
  ['UTF-8 with its mark', Buffer.from(`\ufeff${TEXT}`), Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x69, 0, 0, 0]), Buffer.from([0xff, 0xfe, 0, 0, 0x69, 0, 0, 0])],
  ['no more than a mark', littleEndian.subarray(0, 2), Buffer.alloc(0)],
  ['one byte', Buffer.from('i'), Buffer.from('i')],
  ['nothing', Buffer.alloc(0), Buffer.alloc(0)],
])('%s is read in pieces of any size', async (_name, body, expected) => {
  for (const size of [1, 2, 3, 4, 5, 7, 1_000]) expect([size, await decode(body, size)]).toEqual([size, expected])
})
