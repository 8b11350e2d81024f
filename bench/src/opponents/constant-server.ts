/** A program of its own: an Express route that answers a constant, of as many bytes as asked. Tells its port over IPC. */
import type { AddressInfo } from 'node:net'

import express from 'express'

const bytes = Number(process.argv[2])
const body = JSON.stringify({ text: 'x'.repeat(Math.max(0, bytes - JSON.stringify({ text: '' }).length)) })

const app = express()
app.disable('x-powered-by')
// Hashing every answer would only slow it down.
app.disable('etag')
app.get('/status', (_request, response) => {
  response.type('application/json').send(body)
})
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.once('disconnect', () => process.exit(0))
