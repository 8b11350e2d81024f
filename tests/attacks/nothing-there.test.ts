import { expect } from 'vitest'

import { attack } from './attack.ts'

const REQUESTS = 50

attack('ids of imports that are not there', {
  async run(attacker, _, client) {
    for (let n = 0; n < REQUESTS; n += 1) {
      const { status } = await attacker.drain(`/v1/imports/${2_000_000_000 + client * REQUESTS + n}`)
      expect(status).toBe(404)
    }
  },
})
