import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { expect, test } from 'vitest'

import { paceReading } from './paced-reading.ts'

test('the bytes of a body wait for the gate, those before it do not, and nothing is lost', async () => {
  let isClosed = true
  let open: (() => void) | null = null
  const arrived = { text: '' }
  let taken: Socket | null = null
  const server = createServer((socket) => {
    const reading = paceReading(socket, {
      isClosed: () => isClosed,
      onOpen: (resume) => {
        open = resume
      },
    })
    socket.on('data', (chunk: Buffer) => {
      arrived.text += chunk.toString()
      if (arrived.text === 'head') reading.expectBody(10)
    })
    taken = socket
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('head')
  await expect.poll(() => arrived.text).toBe('head')
  client.write('body')
  await expect.poll(() => open).not.toBeNull()
  expect(arrived.text).toBe('head')
  isClosed = false
  ;(open as (() => void) | null)?.()
  client.write('goes on')
  await expect.poll(() => arrived.text).toBe('headbodygoes on')
  client.destroy()
  ;(taken as Socket | null)?.destroy()
  server.close()
})
