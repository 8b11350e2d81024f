import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import ipaddr from 'ipaddr.js'

const RESPONSE = 0x8180
const NAME_ERROR = 3
const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }

/** What is known of a name: its addresses, none of them, or nothing at all, and then there is no answer. */
export type Zone = Readonly<Record<string, Partial<Record<'A' | 'AAAA', readonly string[] | 'no answer'>>>>

export interface NameServer {
  /** `address:port`. */
  readonly address: string
  /** `A hooks.example.com` */
  readonly queries: string[]
  stop(): Promise<void>
}

/** A name server on 127.0.0.1 (RFC 1035, 4.1). A name that is not in its zone does not exist. */
export async function startNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket('udp4')
  const queries: string[] = []
  socket.on('message', (query, { address, port }) => {
    const { name, end } = readName(query)
    const type = TYPES[query.readUInt16BE(end)]
    if (type === undefined) return
    queries.push(`${type} ${name}`)
    const known = zone[name]
    const addresses = known?.[type] ?? []
    if (addresses === 'no answer') return
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(known === undefined ? RESPONSE | NAME_ERROR : RESPONSE, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(addresses.length, 6)
    const question = query.subarray(12, end + 4)
    const answers = addresses.map((text) => {
      const data = Buffer.from(ipaddr.parse(text).toByteArray())
      const record = Buffer.alloc(12)
      // The question's name, its type and class, and a time to live of zero.
      record.writeUInt16BE(0xc00c, 0)
      query.copy(record, 2, end, end + 4)
      record.writeUInt16BE(data.length, 10)
      return Buffer.concat([record, data])
    })
    socket.send(Buffer.concat([head, question, ...answers]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    queries,
    async stop() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}
