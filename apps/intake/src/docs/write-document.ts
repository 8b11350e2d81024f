import { buildDocument } from './build-document.ts'

/** Where no server is (RFC 6761): put in the place of each server's own address. */
const NOWHERE = 'redemptions.invalid'

/** So many addresses a server has, at most: a request may name any other as its host. */
const MAX_KEPT = 8

/** The document cut where an address belongs, for http and https: to make it takes some 100 ms in a process that is new. */
const parts = new Map<string, readonly string[]>()

/** Makes the document for addresses of this scheme, unless that is done: better before the process serves anybody. */
export function prepareDocument(baseUrl = 'http:'): readonly string[] {
  const nowhere = `${baseUrl.startsWith('https:') ? 'https' : 'http'}://${NOWHERE}`
  let known = parts.get(nowhere)
  if (known === undefined) {
    known = JSON.stringify(buildDocument(nowhere)).split(nowhere)
    parts.set(nowhere, known)
  }
  return known
}

/** Writes the document for an address. As bytes, which answers share: it has 200 kB. */
export function createDocumentWriter(): (baseUrl: string) => Buffer {
  const kept = new Map<string, Buffer>()
  return (baseUrl) => {
    const known = kept.get(baseUrl)
    if (known !== undefined) return known
    const document = Buffer.from(prepareDocument(baseUrl).join(JSON.stringify(baseUrl).slice(1, -1)))
    if (kept.size < MAX_KEPT) kept.set(baseUrl, document)
    return document
  }
}
