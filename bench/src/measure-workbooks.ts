/**
 * `npm run measure:workbooks [-- ROWS]`: a workbook of a million rows in, as Excel writes it (numbers, and texts of which
 * each is in the table of texts, in another order than the rows), and a million rejected rows out, as a workbook and as
 * CSV for a spreadsheet, and in again. Prints times and the peak memory of worker and intake.
 */
import { createReadStream, createWriteStream, openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { ZipFile } from 'yazl'

import { startBenchSystem, ORG_ID, type BenchSystem } from './bench-system.ts'
import { writeFile } from './world.ts'
import { findWorkerPid, readResidentMemory } from './worker-process.ts'

const SERIES = 7
const MAX_UPLOAD_BYTES = 100 * 1024 ** 2
const MAX_SHEET_ROWS = 1_000_000
const POLL_MS = 100
const FIELDS = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders:
    '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3, "billId": 4, "billNumber": 5}',
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const CHUNK_CHARACTERS = 256 * 1024

/** Columns that hold text; the others hold numbers. */
const TEXT_COLUMNS = new Set([3, 5])
/** Texts stand in the table in this order, so that no two rows that follow each other have theirs side by side. */
const TEXT_STRIDE = 7_919

async function main(): Promise<void> {
  const rows = Math.min(Number(process.argv[2] ?? MAX_SHEET_ROWS), MAX_SHEET_ROWS - 1)
  const stopping = new AbortController()
  const print = (line: string): void => console.log(line)
  const bench = await startBenchSystem({ env: process.env, databaseUrl: undefined, print, signal: stopping.signal })
  try {
    await measure(bench, rows)
  } finally {
    await bench.stop()
  }
}

async function measure(bench: BenchSystem, rows: number): Promise<void> {
  // No coupon is there: every row is rejected, and the report holds them all.
  await bench.sql.query('INSERT INTO series (org_id, id) VALUES ($1, $2)', [ORG_ID, SERIES])
  const csv = path.join(bench.filesDir, 'redemptions.csv')
  await writeFile(csv, { orgId: ORG_ID, seriesId: SERIES, coupons: rows })
  const workbook = path.join(bench.filesDir, 'redemptions.xlsx')
  await writeExcelFile(csv, workbook)
  console.log(`the workbook: ${rows} rows, ${megabytes((await stat(workbook)).size)} packed`)

  const { id } = await importFile(bench, 'a workbook in', workbook, rows)
  const report = path.join(bench.filesDir, 'errors.xlsx')
  await download(bench, `/v1/imports/${id}/errors.xlsx`, report)
  await download(bench, `/v1/imports/${id}/errors.csv?for=spreadsheet`, `${report}.csv`)
  if ((await stat(report)).size <= MAX_UPLOAD_BYTES) await importFile(bench, 'the report in again', report, rows)
}

async function importFile(bench: BenchSystem, what: string, file: string, rejected: number): Promise<{ id: number }> {
  const form = new FormData()
  for (const [name, value] of Object.entries(FIELDS)) form.append(name, value)
  form.append('file', await openAsBlob(file), path.basename(file))
  const started = performance.now()
  const answer = await fetch(`${bench.url}/v1/series/${SERIES}/imports`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${bench.apiKey}` },
    body: form,
  })
  if (answer.status !== 202) throw new Error(`the upload was refused: ${await answer.text()}`)
  const { id } = (await answer.json()) as { id: number }
  const answered = performance.now()
  let processing = 0
  for (;;) {
    const view = await bench.client.showImport({ importId: String(id) })
    if (view.status === 'processing' && processing === 0) processing = performance.now()
    if (view.status === 'completed') {
      if (view.counts.rejected !== rejected) throw new Error(`${what}: found ${JSON.stringify(view.counts)}`)
      break
    }
    if (view.status === 'failed') throw new Error(`${what}: ${JSON.stringify(view.failure)}`)
    await delay(POLL_MS)
  }
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`
  console.log(
    `${what}: upload ${seconds(started, answered)}, made text of it ${seconds(answered, processing)}, imported ${seconds(processing, performance.now())}; ${describeMemory(bench)}`,
  )
  return { id }
}

async function download(bench: BenchSystem, address: string, file: string): Promise<void> {
  const started = performance.now()
  const answer = await fetch(`${bench.url}${address}`, { headers: { Authorization: `Bearer ${bench.apiKey}` } })
  if (answer.body === null || !answer.ok) throw new Error(`${address} is ${answer.status}`)
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file))
  const seconds = (performance.now() - started) / 1000
  console.log(`${address}: ${megabytes((await stat(file)).size)} in ${seconds.toFixed(1)} s; ${describeMemory(bench)}`)
}

function describeMemory({ dataDir }: BenchSystem): string {
  const [worker, intake] = (['worker', 'intake'] as const).map((app) => {
    const pid = findWorkerPid(dataDir, app)
    const memory = pid === null ? null : readResidentMemory(pid)
    return `${app} ${memory === null ? 'unknown' : `${Math.round(memory.peakMb)} MiB`}`
  })
  return `peak ${worker}, ${intake}`
}

const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`

/** Makes a workbook of a CSV without quotes, as a stream. */
async function writeExcelFile(csv: string, file: string): Promise<void> {
  const zip = new ZipFile()
  const add = (part: string, text: string): void => zip.addBuffer(Buffer.from(text), part)
  const relation = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`
  const relations = (items: string): string =>
    `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items}</Relationships>`
  add('_rels/.rels', relations(relation('r1', 'officeDocument', 'xl/workbook.xml')))
  add(
    'xl/_rels/workbook.xml.rels',
    relations(
      relation('r1', 'worksheet', 'worksheets/sheet1.xml') + relation('r2', 'sharedStrings', 'sharedStrings.xml'),
    ),
  )
  add(
    'xl/workbook.xml',
    `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
  )
  zip.addReadStream(Readable.from(writeSheet(csv)), 'xl/worksheets/sheet1.xml', { compressionLevel: 1 })
  zip.addReadStream(Readable.from(writeTexts(csv)), 'xl/sharedStrings.xml', { compressionLevel: 1 })
  zip.end()
  await pipeline(zip.outputStream as Readable, createWriteStream(file))
}

async function* readRows(csv: string): AsyncGenerator<string[]> {
  for await (const line of createInterface({ input: createReadStream(csv) })) yield line.split(',')
}

async function* writeSheet(csv: string): AsyncGenerator<string> {
  const count = await countRows(csv)
  let chunk = `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>`
  let number = 0
  for await (const cells of readRows(csv)) {
    number += 1
    const place = ((number - 1) * TEXT_STRIDE) % count
    const written = cells.map((cell, column) => {
      const at = `${String.fromCharCode(65 + column)}${number}`
      if (cell === '') return ''
      if (!TEXT_COLUMNS.has(column)) return `<c r="${at}"><v>${cell}</v></c>`
      return `<c r="${at}" t="s"><v>${place * TEXT_COLUMNS.size + [...TEXT_COLUMNS].indexOf(column)}</v></c>`
    })
    chunk += `<row r="${number}" spans="1:6">${written.join('')}</row>`
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
  }
  yield `${chunk}</sheetData></worksheet>`
}

async function* writeTexts(csv: string): AsyncGenerator<string> {
  const texts: string[] = []
  const count = await countRows(csv)
  let number = 0
  for await (const cells of readRows(csv)) {
    texts[(number * TEXT_STRIDE) % count] = [...TEXT_COLUMNS]
      .map((column) => `<si><t>${cells[column]}</t></si>`)
      .join('')
    number += 1
  }
  yield `${HEAD}<sst xmlns="${MAIN}">`
  for (let i = 0; i < texts.length; i += 1_000) yield texts.slice(i, i + 1_000).join('')
  yield '</sst>'
}

async function countRows(csv: string): Promise<number> {
  let count = 0
  for await (const chunk of createReadStream(csv)) for (const byte of chunk as Buffer) if (byte === 0x0a) count += 1
  return count
}

await main()
