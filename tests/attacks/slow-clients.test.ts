import { request, type ClientRequest, type IncomingMessage } from 'node:http'

import { expect } from 'vitest'

import { SHOP_SERIES } from '../support/small-shop.ts'
import { attack } from './attack.ts'
import type { Attacker } from './attacker.ts'
import { importRejected } from './importing.ts'

function begin(attacker: Attacker, method: string, path: string, headers: Record<string, string> = {}): ClientRequest {
  const { url, apiKey } = attacker
  const opened = request(url + path, {
    method,
    agent: false,
    headers: { Authorization: `Bearer ${apiKey}`, ...headers },
  })
  // It is destroyed amid its answer.
  opened.on('error', () => undefined)
  return opened
}

attack('reports that their clients do not read', {
  prepare: async (attacker) =>
    importRejected(attacker, `date,till,mobile,code\n${`1,2,${'x'.repeat(50_000)},4\n`.repeat(1_000)}`),
  async run(attacker, importId) {
    const opened = begin(attacker, 'GET', `/v1/imports/${importId}/errors.csv`)
    opened.on('response', (answer: IncomingMessage) => answer.pause())
    opened.end()
    for (let n = 0; n < 50; n += 1) expect((await attacker.drain('/v1/imports?limit=1')).status).toBe(200)
    opened.destroy()
  },
})

attack('uploads that come byte by byte', {
  async run(attacker) {
    const opened = begin(attacker, 'POST', `/v1/series/${SHOP_SERIES}/imports`, {
      'Content-Type': 'multipart/form-data; boundary=b',
      'Content-Length': '1000000',
    })
    opened.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
    for (let n = 0; n < 100; n += 1) {
      opened.write('x')
      expect((await attacker.drain('/v1/imports?limit=1')).status).toBe(200)
    }
    opened.destroy()
  },
})
