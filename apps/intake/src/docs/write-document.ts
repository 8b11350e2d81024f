import { buildDocument } from './build-document.ts'

/** Where no server is (RFC 6761): put in the place of each server's own address. */
const NOWHERE = 'redemptions.invalid'

/**
 * Writes the document for an address. To make it takes some 20 ms, in which the process does nothing else, so it is made
 * once for each of http and https; then only the address is put in.
 */
export function createDocumentWriter(): (baseUrl: string) => string {
  const parts = new Map<string, readonly string[]>()
  return (baseUrl) => {
    const nowhere = `${baseUrl.startsWith('https:') ? 'https' : 'http'}://${NOWHERE}`
    let known = parts.get(nowhere)
    if (known === undefined) {
      known = JSON.stringify(buildDocument(nowhere)).split(nowhere)
      parts.set(nowhere, known)
    }
    return known.join(JSON.stringify(baseUrl).slice(1, -1))
  }
}
