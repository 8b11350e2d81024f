import { buildDocument } from './build-document.ts'

/** Where no server is (RFC 6761): put in the place of each server's own address. */
const NOWHERE = 'redemptions.invalid'

/** So many addresses a server has, at most: a request may name any other as its host. */
const MAX_KEPT = 8

/**
 * Writes the document for an address. To make it takes some 20 ms, in which the process does nothing else, so it is made
 * once for each of http and https; then only the address is put in. As bytes, which answers share: it has 200 kB.
 */
export function createDocumentWriter(): (baseUrl: string) => Buffer {
  const parts = new Map<string, readonly string[]>()
  const kept = new Map<string, Buffer>()

  function write(baseUrl: string): Buffer {
    const nowhere = `${baseUrl.startsWith('https:') ? 'https' : 'http'}://${NOWHERE}`
    let known = parts.get(nowhere)
    if (known === undefined) {
      known = JSON.stringify(buildDocument(nowhere)).split(nowhere)
      parts.set(nowhere, known)
    }
    return Buffer.from(known.join(JSON.stringify(baseUrl).slice(1, -1)))
  }

  return (baseUrl) => {
    const document = kept.get(baseUrl) ?? write(baseUrl)
    if (kept.size < MAX_KEPT) kept.set(baseUrl, document)
    return document
  }
}
