// A receiver to run beside `npm start`: WEBHOOK_SECRET=whsec_… node docs/examples/receive-webhooks.mjs
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.WEBHOOK_SECRET)
const seen = new Set()

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    // The bytes as they came: parsing and writing them again would change what was signed.
    const { type, data } = webhook.verify(Buffer.concat(chunks).toString(), request.headers)
    const id = request.headers['webhook-id']
    if (!seen.has(id)) console.log(type, data.id ?? '', data.counts ?? '')
    seen.add(id)
    response.writeHead(204).end()
  } catch {
    response.writeHead(400).end('this is not signed with our secret')
  }
}).listen(process.env.PORT ?? 9000, '127.0.0.1', () => console.log('listening'))
