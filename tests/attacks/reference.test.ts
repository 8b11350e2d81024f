import { expect } from 'vitest'

import { attack } from './attack.ts'
import { SERVED_OR_REFUSED } from './importing.ts'

const BODIES: Readonly<Record<string, () => string>> = {
  'rows with 1 MB of junk in columns without a name': () =>
    `id,name\n${Array.from({ length: 40 }, (_, n) => `${n},n,${'x'.repeat(1_000_000)}\n`).join('')}`,
  '19,000 rows of the same id': () => `id,name\n${'7,x\n'.repeat(19_000)}`,
  'a header of 60,000 columns without a name': () => `id,name${','.repeat(60_000)}\n${'7,x\n'.repeat(50_000)}`,
  'rows of a million empty cells': () => `id,name\n${`7,x${','.repeat(1_000_000)}\n`.repeat(20)}`,
}

const headers = { 'Content-Type': 'text/csv' }

for (const [name, makeBody] of Object.entries(BODIES)) {
  attack(`loads of reference data, and as many whose clients go: ${name}`, {
    clients: 12,
    prepare: async () => Promise.resolve(new Blob([makeBody()])),
    async run(attacker, body, client) {
      if (client % 2 === 0) {
        const { status } = await attacker.drain('/v1/reference/tills', { method: 'PUT', body, headers })
        expect(SERVED_OR_REFUSED).toContain(status)
        return
      }
      const gone = new AbortController()
      const load = attacker.send('/v1/reference/tills', { method: 'PUT', body, headers, signal: gone.signal })
      const outcome = load.then(
        ({ status }) => status,
        () => 'gone',
      )
      // Its load is under way, or waits, when its client goes.
      for (let n = 0; n < 20; n += 1) await attacker.drain('/healthz')
      gone.abort()
      expect(['gone', ...SERVED_OR_REFUSED]).toContain(await outcome)
      // The organization itself is served at once, too.
      for (let n = 0; n < 20; n += 1) expect((await attacker.drain('/v1/reference/tills')).status).toBe(200)
    },
  })
}
