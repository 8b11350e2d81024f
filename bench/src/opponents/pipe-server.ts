/** A program of its own: writes what it is sent into a file, syncs it, answers. Tells its port over IPC. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

const [, , file = ''] = process.argv

const server = createServer((request, response) => {
  receive().then(
    () => response.end('ok'),
    (error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    },
  )

  async function receive(): Promise<void> {
    // `flush` syncs the file before it is closed.
    const output = createWriteStream(file, { flush: true })
    await pipeline(request, output)
    if (!output.closed) await once(output, 'close')
  }
})
server.requestTimeout = 0
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.once('disconnect', () => process.exit(0))
