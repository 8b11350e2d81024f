import { expect } from 'vitest'

import { SHOP_HEADER, SHOP_SERIES } from '../support/small-shop.ts'
import { attack } from './attack.ts'
import { makeUploadForm, SERVED_OR_REFUSED } from './importing.ts'

/** With what is shown of their notes and all their metadata these are more than a page may have. */
const IMPORTS = 200
const UPLOADS_AT_ONCE = 10

attack('lists of imports with all the notes and metadata that they may have', {
  async prepare(attacker) {
    await attacker.client.putReference('series', `id\n${SHOP_SERIES}\n`)
    const more = { details: 'd'.repeat(60_000), metadata: JSON.stringify({ m: 'm'.repeat(4_000) }) }
    const upload = async (): Promise<void> => {
      const body = makeUploadForm(SHOP_HEADER, more)
      const response = await attacker.send(`/v1/series/${SHOP_SERIES}/imports`, { method: 'POST', body })
      expect(response.status, await response.text()).toBe(202)
    }
    for (let n = 0; n < IMPORTS; n += UPLOADS_AT_ONCE)
      await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, upload))
  },
  async run(attacker) {
    const list = await attacker.drain('/v1/imports?limit=1000')
    expect(SERVED_OR_REFUSED).toContain(list.status)
    expect(list.bytes).toBeLessThan(2 * 2 ** 20)
    const ofSeries = await attacker.drain(`/upload/getUploadRedeemedCouponStatus/${SHOP_SERIES}`)
    expect(SERVED_OR_REFUSED).toContain(ofSeries.status)
  },
})
