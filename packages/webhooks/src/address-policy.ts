import ipaddr from 'ipaddr.js'

export interface ReceiverPolicy {
  /** Whether `http:` URLs may be sent to. */
  readonly allowHttp: boolean
  /** Whether private, loopback and link-local addresses may be sent to. */
  readonly allowPrivateNetworks: boolean
}

/** Ranges that are somebody's own network. All others but `unicast` are nobody's. */
const PRIVATE_RANGES = new Set(['private', 'loopback', 'linkLocal', 'carrierGradeNat', 'uniqueLocal'])

/**
 * Where clouds hand out credentials to whoever asks from within: never sent to, not even where private networks are
 * allowed. Amazon, Google, Azure and others; Amazon by IPv6; Alibaba; Azure's second; Google by IPv6; Oracle's former.
 */
const METADATA_ADDRESSES = new Set(
  [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    'fd00:ec2::254',
    'fd00:ec2::23',
    '100.100.100.200',
    '168.63.129.16',
    'fd20:ce::254',
    '192.0.0.192',
  ].map((address) => ipaddr.parse(address).toNormalizedString()),
)

/** Addresses that stand for a whole network's worth of others begin elsewhere: all of the public IPv6 is in here. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
const IPV4_BYTES = 4

/**
 * Whether a connection to this address may be made. What is neither public nor, where that is allowed, private, may not:
 * multicast, reserved and documentation ranges, and every IPv6 form that carries an IPv4 address within it (compatible,
 * local NAT64, 6to4, Teredo) but two, which are checked as the IPv4 address that they carry: the mapped one, and the well-known
 * prefix of NAT64, by which a network without IPv4 reaches every receiver that has nothing else (RFC 6052, 2.1; RFC 6147).
 */
export function isAddressAllowed(text: string, { allowPrivateNetworks }: ReceiverPolicy): boolean {
  const address = parseAddress(text)
  if (address === null || METADATA_ADDRESSES.has(address.toNormalizedString())) return false
  const range = address.range()
  if (allowPrivateNetworks && PRIVATE_RANGES.has(range)) return true
  if (range !== 'unicast') return false
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6)
}

/** A mapped IPv4 address, and one behind NAT64, as itself; null for what is no address. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const [bare = ''] = text.split('%')
  if (!ipaddr.isValid(bare)) return null
  const address = ipaddr.process(bare)
  if (address instanceof ipaddr.IPv4 || !address.match(NAT64)) return address
  return new ipaddr.IPv4(address.toByteArray().slice(-IPV4_BYTES))
}
