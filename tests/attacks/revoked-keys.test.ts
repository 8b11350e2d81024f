import { expect } from 'vitest'

import { SHOP_FIELDS, SHOP_SERIES } from '../support/small-shop.ts'
import { attack } from './attack.ts'
import { Attacker } from './attacker.ts'

/** So many rows take longer than the attack. */
const ROWS = 3_000_000

attack('event streams whose keys are revoked', {
  async prepare({ client }) {
    await client.putReference('series', `id\n${SHOP_SERIES}\n`)
    const file = `date,till,mobile,code\n${'1,2,3,4\n'.repeat(ROWS)}`
    return (await client.upload({ ...SHOP_FIELDS, file })).jobId
  },
  async run(attacker, importId, client) {
    const made = await attacker.send('/v1/api-keys', {
      method: 'POST',
      body: JSON.stringify({ name: `stream ${client}`, role: 'read' }),
      headers: { 'Content-Type': 'application/json' },
    })
    const key = (await made.json()) as { id: number; key: string }
    const watching = new Attacker(attacker.url, key.key)
    const stream = await watching.send(`/v1/imports/${importId}/events`)
    expect(stream.status).toBe(200)
    expect((await attacker.send(`/v1/api-keys/${key.id}`, { method: 'DELETE' })).status).toBe(204)
    // To its end, which is not the end of the import.
    const events = await stream.text()
    expect(events).toContain(`"id":${importId}`)
    expect(events).not.toContain('"status":"completed"')
    expect(['queued', 'processing']).toContain((await attacker.client.readImport(importId)).status)
    expect((await watching.drain(`/v1/imports/${importId}`)).status).toBe(401)
  },
  async finish(attacker, importId) {
    expect((await attacker.send(`/v1/imports/${importId}/cancel`, { method: 'POST' })).status).toBe(200)
  },
})
