import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

import { removeUploads, printTable, type Bench, type SuiteResult } from '../bench.ts'
import { ORG_ID } from '../bench-system.ts'
import { watchImports } from '../import-run.ts'
import { startServer } from '../opponents/start-server.ts'
import { compareTimes, measurePairs } from '../pairs.ts'
import { describeColumns, loadWorlds } from '../world.ts'

const SERIES_ID = 300
const BYTES_PER_ROW = 1_000
const BLOCK_BYTES = 1024 * 1024
const READ_BYTES = 256 * 1024
const BOUNDARY = 'bench-boundary-5f1c0a7d'

/** A multipart upload of a gigabyte against the same request piped into a file that is then synced. Disk store. */
export async function runUploadSuite(bench: Bench): Promise<SuiteResult> {
  const { system, options } = bench
  await loadWorlds(system.sql, [{ orgId: ORG_ID, seriesId: SERIES_ID, coupons: 1 }])
  const file = path.join(system.filesDir, 'upload.bin')
  await writeUploadFile(file, options.rows * BYTES_PER_ROW)
  const { size: bytes } = await stat(file)
  const piped = path.join(system.filesDir, 'piped.bin')
  const pipe = await startServer('pipe-server', piped)
  const watch = await watchImports(system)
  try {
    const pairs = await measurePairs(options.pairs, {
      async ours() {
        const url = `${system.url}/coupon/api/v1/upload/redeemFile/${SERIES_ID}`
        const { seconds, body } = await sendForm(url, system.apiKey, file, bytes)
        const [job] = (JSON.parse(body) as { result: { redeemUploadJobStatuses: { jobId: number }[] } }).result
          .redeemUploadJobStatuses
        // A file that is no CSV ends its import at once: nobody works while the next is measured.
        await watch.until(job?.jobId ?? 0, ['failed'])
        await removeUploads(system)
        return seconds
      },
      async theirs() {
        const { seconds } = await sendForm(pipe.url, system.apiKey, file, bytes)
        const { size } = await stat(piped)
        if (size <= bytes) throw new Error(`${size} bytes were written of more than ${bytes}`)
        await rm(piped)
        return seconds
      },
    })
    const comparison = compareTimes(pairs)
    const megabytes = bytes / 1e6
    printTable(
      bench,
      ['upload', 'ours, s', 'pipe, s', 'ours, MB/s', 'pipe, MB/s', 'ratio'],
      [
        [
          `${Math.round(megabytes)} MB`,
          comparison.ours_seconds,
          comparison.theirs_seconds,
          megabytes / comparison.ours_seconds,
          megabytes / comparison.theirs_seconds,
          comparison.ratio,
        ],
      ],
    )
    return { figures: { ratio_to_pipe: comparison.ratio }, details: { bytes, ...comparison } }
  } finally {
    await watch.close()
    await pipe.stop()
    await rm(file, { force: true })
  }
}

/** What looks like rows, behind the first bytes of a JPEG image, so that no import comes of it. */
async function writeUploadFile(file: string, bytes: number): Promise<void> {
  const line = '1719792000000,17,4915112345678,C-12345678,1000001,B-1000001,said nothing about it\n'
  const block = Buffer.from(line.repeat(Math.ceil(BLOCK_BYTES / line.length)))
  const output = createWriteStream(file)
  output.write(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))
  for (let written = 0; written < bytes; written += block.length) {
    if (!output.write(block)) await once(output, 'drain')
  }
  output.end()
  await once(output, 'close')
}

/** The same request to whoever listens at `url`. Seconds from its first byte to the end of the answer. */
async function sendForm(
  url: string,
  apiKey: string,
  file: string,
  bytes: number,
): Promise<{ seconds: number; body: string }> {
  const fields = {
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    uploadHeaders: describeColumns(false),
  }
  const head = Object.entries(fields)
    .map(([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')
  const fileHead = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="upload.csv"\r\nContent-Type: text/csv\r\n\r\n`
  const tail = `\r\n--${BOUNDARY}--\r\n`

  const startedAt = performance.now()
  const sending = request(url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
      'Content-Length': String(Buffer.byteLength(head + fileHead + tail) + bytes),
    },
  })
  const answered = once(sending, 'response') as Promise<[import('node:http').IncomingMessage]>
  sending.write(head + fileHead)
  const [[response]] = await Promise.all([
    answered,
    pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), sending, { end: false }).then(() =>
      sending.end(tail),
    ),
  ])
  const body = await text(response)
  const seconds = (performance.now() - startedAt) / 1000
  if (response.statusCode !== 200) throw new Error(`the upload was answered with ${response.statusCode}: ${body}`)
  return { seconds, body }
}
