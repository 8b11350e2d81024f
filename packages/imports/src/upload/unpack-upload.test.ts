import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'

import { createFileStore, type FileStore } from '@importer/file-store'
import { beforeAll, describe, expect, test } from 'vitest'

import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { unpackHead } from './unpack-head.ts'
import type { UploadEncoding } from './decode-text.ts'
import { unpackUpload } from './unpack-upload.ts'

const TEXT = 'Kasse,Notiz\n17,Käse für 5 €\n'
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
const latin = Buffer.from(TEXT.replace('€', '\x80'), 'latin1')
const withBadSum = gzipSync(TEXT)
withBadSum.writeUInt8(withBadSum.readUInt8(withBadSum.length - 8) ^ 1, withBadSum.length - 8)

let store: FileStore
beforeAll(async () => {
  store = await createFileStore({ storageUrl: undefined, dataDir: await makeTemporaryFolder(), s3Endpoint: undefined })
})

/** The text that an import reads. */
async function unpack(bytes: Uint8Array, encoding: UploadEncoding): Promise<string> {
  const { key } = await store.write(Readable.from([bytes]), { maxBytes: 1e9 })
  const unpacked = await unpackUpload({ store, fileKey: key, encoding, maxBytes: 1e9 })
  const text = await buffer(store.read(unpacked?.key ?? key) as AsyncIterable<Uint8Array>)
  return text.toString().replace(/^\ufeff/, '')
}

async function inspect(bytes: Uint8Array, encoding: UploadEncoding): Promise<string> {
  return Buffer.from((await unpackHead(bytes, encoding)).text)
    .toString()
    .replace(/^\ufeff/, '')
}

describe('import and inspection read the same text', () => {
  test.each<[string, Uint8Array, UploadEncoding, string?]>([
    ['UTF-8', Buffer.from(TEXT), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${TEXT}`), 'utf-8'],
    ['UTF-8 with a mark, where windows-1252 was declared', Buffer.from(`\ufeff${TEXT}`), 'windows-1252'],
    ['UTF-8 with a mark, where UTF-16 was declared', Buffer.from(`\ufeff${TEXT}`), 'utf-16le'],
    ['the same, packed', gzipSync(`\ufeff${TEXT}`), 'windows-1252'],
    ['windows-1252', latin, 'windows-1252'],
    ['windows-1252, packed', gzipSync(latin), 'windows-1252'],
    ['UTF-16 without a mark', utf16(TEXT), 'utf-16le'],
    ['UTF-16 with a mark', utf16(`\ufeff${TEXT}`), 'utf-8'],
    ['UTF-16 with a mark, big end first', utf16(`\ufeff${TEXT}`).swap16(), 'utf-16le'],
    ['UTF-16 with a mark, packed', gzipSync(utf16(`\ufeff${TEXT}`)), 'windows-1252'],
    [
      'packed in two parts, as files are joined',
      Buffer.concat([gzipSync(TEXT), gzipSync('18,x\n')]),
      'utf-8',
      `${TEXT}18,x\n`,
    ],
    ['packed, with NULs behind it, as from a tape', Buffer.concat([gzipSync(TEXT), Buffer.alloc(512)]), 'utf-8'],
    ['nothing, packed', gzipSync(''), 'utf-8', ''],
    [
      'UTF-16 that ends within a character',
      Buffer.concat([utf16(`\ufeff${TEXT}`), Buffer.from('x')]),
      'utf-8',
      `${TEXT}\ufffd`,
    ],
    [
      'half a pair of UTF-16',
      Buffer.concat([utf16(`\ufeff${TEXT}`), Buffer.from('00d84100', 'hex')]),
      'utf-8',
      `${TEXT}\ufffdA`,
    ],
    ['a mark and no more', Buffer.from([0xff, 0xfe]), 'windows-1252', ''],
    ['half a mark', Buffer.from([0xef, 0xbb]), 'windows-1252', 'ï»'],
  ])('%s', async (_name, bytes, encoding, expected = TEXT) => {
    expect(await unpack(bytes, encoding)).toBe(expected)
    expect(await inspect(bytes, encoding)).toBe(expected)
  })
})

describe('neither reads', () => {
  test.each([
    ['a file that is cut off', gzipSync(TEXT).subarray(0, 20)],
    ['one of which the header alone is there', gzipSync(TEXT).subarray(0, 10)],
    ['two bytes of one', Buffer.from([0x1f, 0x8b])],
    ['one with something else behind it', Buffer.concat([gzipSync(TEXT), Buffer.from('something else')])],
    ['one whose checksum differs', withBadSum],
  ])('%s', async (_name, bytes) => {
    await expect(unpack(bytes, 'utf-8')).rejects.toMatchObject({ code: 'INVALID_GZIP' })
    await expect(inspect(bytes, 'utf-8')).rejects.toMatchObject({ code: 'INVALID_GZIP' })
  })
})

test('what was made to unpack to a thousand times its size is refused', async () => {
  const bytes = gzipSync(Buffer.alloc(20 * 1024 * 1024))
  await expect(unpack(bytes, 'utf-8')).rejects.toMatchObject({ code: 'COMPRESSION_RATIO_TOO_HIGH' })
})
