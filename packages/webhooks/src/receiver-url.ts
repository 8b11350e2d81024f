import { isIP } from 'node:net'

import { isAddressAllowed, type ReceiverPolicy } from './address-policy.ts'

const MAX_URL_LENGTH = 2048
/** RFC 1035, 2.3.4, as text: no name server knows a longer name. Counted as it is looked up, in punycode. */
const MAX_NAME_LENGTH = 253
const MAX_LABEL_LENGTH = 63

/**
 * What is wrong with a URL as a receiver's, as "…; expected …", or null. Looks at the text alone: the addresses that
 * its name has at the moment are looked at when a connection is made. The URL standard's parser reads every notation of
 * an address (decimal, octal, hexadecimal, shortened, percent-encoded, full-width) as the client does.
 */
export function findUrlFault(text: string, policy: ReceiverPolicy): string | null {
  if (text.length > MAX_URL_LENGTH) return `the URL has ${text.length} characters; expected at most ${MAX_URL_LENGTH}`
  if (/[\s\p{C}\\]/u.test(text) || !URL.canParse(text))
    return 'this is no URL; expected one such as https://example.com/hook'
  const url = new URL(text)
  const schemes = policy.allowHttp ? ['https:', 'http:'] : ['https:']
  if (!schemes.includes(url.protocol)) {
    return `the URL begins with ${url.protocol}; expected ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`
  }
  if (url.username !== '' || url.password !== '') {
    return 'the URL holds a user name or a password; expected none: deliveries are signed instead'
  }
  const host = bareHost(url)
  if (isTooLong(host)) {
    return `the URL's host is too long; expected at most ${MAX_NAME_LENGTH} characters, ${MAX_LABEL_LENGTH} between two dots`
  }
  const refused = isIP(host) !== 0 ? !isAddressAllowed(host, policy) : !policy.allowPrivateNetworks && isLocalName(host)
  return refused ? `the URL's host ${host} is private or reserved; expected a public one` : null
}

/** The host without the brackets of an IPv6 address. */
export function bareHost({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function isTooLong(host: string): boolean {
  const name = host.replace(/\.$/, '')
  return name.length > MAX_NAME_LENGTH || name.split('.').some((label) => label.length > MAX_LABEL_LENGTH)
}

/** Names that never leave the machine (RFC 6761), with or without the root's dot. */
export function isLocalName(host: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(host)
}
