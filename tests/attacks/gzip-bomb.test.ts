import { gzipSync } from 'node:zlib'

import { expect } from 'vitest'

import { SHOP_SERIES } from '../support/small-shop.ts'
import { attack } from './attack.ts'
import { makeUploadForm } from './importing.ts'

attack('a file of zeros that unpacks to a thousand times its size', {
  async prepare({ client }) {
    await client.putReference('series', `id\n${SHOP_SERIES}\n`)
    return new Uint8Array(gzipSync(Buffer.alloc(256 * 2 ** 20)))
  },
  async run(attacker, bomb) {
    const body = makeUploadForm(bomb)
    const response = await attacker.send(`/v1/series/${SHOP_SERIES}/imports`, { method: 'POST', body })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      'COMPRESSION_RATIO_TOO_HIGH',
    ])
  },
})
