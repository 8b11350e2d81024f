import { expect } from 'vitest'

import { SHOP_HEADER, SHOP_SERIES } from '../support/small-shop.ts'
import { attack } from './attack.ts'
import { makeUploadForm } from './importing.ts'

const UPLOADS = 4

attack('forms of 46 fields of 64 KiB', {
  async prepare({ client }) {
    await client.putReference('series', `id\n${SHOP_SERIES}\n`)
    return Object.fromEntries(Array.from({ length: 46 }, (_, n) => [`field${n}`, 'x'.repeat(64 * 1024)]))
  },
  async run(attacker, fields) {
    const upload = async (): Promise<void> => {
      const body = makeUploadForm(SHOP_HEADER, fields)
      const response = await attacker.send(`/v1/series/${SHOP_SERIES}/imports`, { method: 'POST', body })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({
        code: 'VALUE_TOO_LONG',
        detail: expect.stringContaining('field1 and '),
      })
    }
    await Promise.all(Array.from({ length: UPLOADS }, upload))
  },
})
