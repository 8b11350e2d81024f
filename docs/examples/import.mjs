// Uploads a file, waits for its end, and fetches the rows that were rejected. Node 20 or later, nothing else:
//
//   REDEMPTIONS_URL=http://127.0.0.1:8080 REDEMPTIONS_API_KEY=… node import.mjs 953234 redemptions.csv rejected.csv
//
// A cut connection, 429 and 5xx are tried again: under one Idempotency-Key the same upload is one import.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, openAsBlob } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const [series, file, rejected] = process.argv.slice(2)
const url = process.env.REDEMPTIONS_URL ?? 'http://127.0.0.1:8080'
const headers = { Authorization: `Bearer ${process.env.REDEMPTIONS_API_KEY}` }
const uploadHeaders = {
  redeemedDateInMillis: 'Redeemed on',
  redeemedAt: 'Till',
  mobile: 'Mobile',
  couponCode: 'Coupon',
}

async function request(target, makeInit = () => ({})) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(target, { headers, ...(await makeInit()) }).catch((error) => error)
    if (answer instanceof Response && answer.ok) return answer
    const mayPass = answer instanceof Error || answer.status === 409 || answer.status === 429 || answer.status >= 500
    if (!mayPass || attempt === 8) throw answer instanceof Error ? answer : new Error(await answer.text())
    const wanted = answer instanceof Response ? Number(answer.headers.get('Retry-After') ?? 0) : 0
    await sleep(Math.max(wanted * 1000, 500 * 2 ** attempt * (0.5 + Math.random() / 2)))
  }
}

const hash = createHash('sha256')
await pipeline(createReadStream(file), hash)
const key = `node-${series}-${hash.digest('hex')}`

let view = await (
  await request(`${url}/v1/series/${series}/imports`, async () => {
    const form = new FormData()
    form.set('customerIdentifier', 'MOBILE')
    form.set('couponIdentifier', 'COUPON_CODE')
    form.set('uploadHeaders', JSON.stringify(uploadHeaders))
    form.set('file', await openAsBlob(file), path.basename(file))
    return { method: 'POST', headers: { ...headers, 'Idempotency-Key': key }, body: form }
  })
).json()

while (view.status === 'queued' || view.status === 'processing') {
  await sleep(500)
  view = await (await request(`${url}/v1/imports/${view.id}`)).json()
}
const { rows, inserted, duplicates } = view.counts
console.log(`import ${view.id}: ${view.status}, ${view.outcome}`)
console.log(`${rows} rows: ${inserted} inserted, ${duplicates} duplicates, ${view.counts.rejected} rejected`)
if (view.counts.rejected > 0) {
  const report = await request(`${url}/v1/imports/${view.id}/errors.csv`)
  await pipeline(Readable.fromWeb(report.body), createWriteStream(rejected))
  console.log(`rejected rows: ${rejected}`)
}
process.exitCode = view.outcome === 'success' ? 0 : view.outcome === 'partial' ? 1 : 2
