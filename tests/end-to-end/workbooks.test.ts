/** Workbooks through the whole system: large ones, whose text a worker makes, and those that cannot be read. */
import type { SystemDatabase } from '@importer/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeWorkbook, type MadeCell } from '../support/make-workbook.ts'
import { makeArchive, makeBareWorkbook, placeCellsFarRight, RELATIONS, WORKBOOK } from '../support/bare-workbook.ts'
import { openOrganization, type ImportView, type OrganizationClient } from '../support/open-organization.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { STORAGES } from '../support/storages.ts'

const SERIES = 501
const TILL = '50015001'
const MOBILE = '919800000001'
const COUPONS = 15_000
const AT = Date.UTC(2024, 10, 25)
const FIELDS = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE' }
const NAMES = '{"redeemedDateInMillis": "When", "redeemedAt": "Till", "mobile": "Phone", "couponCode": "Code"}'
const POSITIONS = '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}'

let system: RunningSystem
let database: SystemDatabase
let shop: OrganizationClient
let organizations = 0

async function openShop(): Promise<OrganizationClient> {
  organizations += 1
  const opened = await openOrganization(database, `http://127.0.0.1:${system.port}`, 90_000 + organizations)
  await opened.put('series', `id,maxRedemptionsPerCoupon\n${SERIES},1\n`)
  await opened.put('customers', `id,mobile\n1,${MOBILE}\n`)
  await opened.put('tills', `id\n${TILL}\n`)
  const coupons = Array.from({ length: COUPONS }, (_, n) => `${n + 1},${SERIES},C-${n + 1}\n`)
  await opened.put('coupons', `id,seriesId,code\n${coupons.join('')}`)
  return opened
}

/** Two titles, a header, and rows of which every hundredth names no coupon. Over 2 MiB of XML: a worker makes its text. */
function makeLarge(): Promise<Buffer> {
  const rows = Array.from({ length: COUPONS }, (_, n): MadeCell[] => [
    { date: new Date(AT + n * 1_000).toISOString().slice(0, 19) },
    Number(TILL),
    { number: MOBILE, format: '0' },
    n % 100 === 7 ? `WRONG-${n}` : `C-${n + 1}`,
    'a note that makes it longer',
  ])
  return makeWorkbook({
    sheets: [{ name: 'Data', rows: [['Title'], null, ['When', 'Till', 'Phone', 'Code', 'Note'], ...rows] }],
  })
}

const MANY = 200_000

describe.each(STORAGES)('with files in $name', ({ open }) => {
  beforeAll(async () => {
    system = await startSystem({ partitions: 2, batchRows: 1_000, concurrency: 2, env: await open() })
    database = openTestDatabase(system.databaseUrl)
    shop = await openShop()
  })
  afterAll(() => system.stop())

  describe('a large workbook', () => {
    let content: Uint8Array<ArrayBuffer>
    let imported: { id: number; view: ImportView }

    beforeAll(async () => {
      content = new Uint8Array(await makeLarge())
      const fields = { ...FIELDS, uploadHeaders: NAMES, timeZone: 'Asia/Kolkata' }
      imported = await shop.importFile(SERIES, fields, { name: 'till.xlsx', content })
    })

    it('is imported by the names in its header, its rows counted as the sheet counts them', async () => {
      expect(imported.view).toMatchObject({
        status: 'completed',
        fileName: expect.stringMatching(/^till_\d+_501\.xlsx$/),
        bytes: content.length,
        delimiter: null,
        headerRow: true,
        counts: { rows: COUPONS, inserted: COUPONS - COUPONS / 100, duplicates: 0, rejected: COUPONS / 100 },
        errorsByCode: { COUPON_NOT_FOUND: COUPONS / 100 },
      })
      const { items } = await shop.read<{ items: object[] }>(`/v1/imports/${imported.id}/errors?limit=1`)
      expect(items).toMatchObject([{ rowNumber: 8, line: 11, value: 'WRONG-7' }])
      const redemptions = await shop.read<{ items: object[] }>(`/v1/redemptions?importId=${imported.id}&rowNumber=1`)
      // Midnight in Kolkata is 18:30 of the day before in UTC.
      expect(redemptions.items).toMatchObject([{ redeemedAt: '2024-11-24T18:30:00.000Z' }])
    })

    it('is given back as it came, and its rows and reports read its text', async () => {
      const file = await shop.send(`/v1/imports/${imported.id}/file`)
      expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true)
      const row = await shop.read<object>(`/v1/imports/${imported.id}/rows?line=11`)
      expect(row).toMatchObject({
        rowNumber: 8,
        outcome: 'rejected',
        cells: [{ name: 'When' }, {}, {}, { value: 'WRONG-7' }, {}],
      })
      const report = await (await shop.send(`/v1/imports/${imported.id}/errors.csv`)).text()
      const [header, first] = report.split('\n')
      expect(header).toBe('When,Till,Phone,Code,Note,rowNumber,line,errorCode,errorNumber,errorMessage')
      expect(first).toMatch(
        /^2024-11-25T00:00:07\[Asia\/Kolkata\],50015001,919800000001,WRONG-7,.*,8,11,COUPON_NOT_FOUND,/,
      )
    })

    it('has its rejected rows tried again, with corrections, and dates that read as they did', async () => {
      const body = { corrections: [{ column: 'couponCode', from: 'WRONG-7', to: 'C-8' }] }
      const answer = await shop.send(`/v1/imports/${imported.id}/retry-rejected`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      })
      const { id } = (await answer.json()) as { id: number }
      const view = await shop.waitForEnd(id)
      expect(view).toMatchObject({ delimiter: null, counts: { inserted: 1, rejected: COUPONS / 100 - 1 } })
      const { items } = await shop.read<{ items: object[] }>(`/v1/redemptions?importId=${id}&rowNumber=1`)
      expect(items).toMatchObject([{ redeemedAt: '2024-11-24T18:30:07.000Z' }])
    })

    it('is known again by its content, whatever its name', async () => {
      const fields = { ...FIELDS, uploadHeaders: POSITIONS, onSameFile: 'reject' }
      const answer = await shop.upload(SERIES, fields, { name: 'other.bin', content })
      expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'SAME_FILE', importId: imported.id }])
    })
  })

  describe('a workbook that cannot be read is one clear message, by the import or at once:', () => {
    it.each<[what: string, make: () => Promise<Uint8Array<ArrayBuffer>>, says: RegExp]>([
      ['cut off', async () => new Uint8Array(await makeLarge()).subarray(0, 50_000), /cannot be read.*saved whole/],
      ['damaged inside', async () => damage(await makeLarge()), /damaged/],
      ['another zip archive', async () => makeArchive({ 'a.txt': 'a' }), /zip archive without a workbook/],
      [
        'of OpenDocument',
        async () => makeArchive({ mimetype: 'application/x', 'content.xml': '<a/>' }),
        /OpenDocument/,
      ],
      ['an old .xls', async () => Promise.resolve(compound('Workbook')), /old Excel.*saved as a workbook/],
      ['protected by a password', async () => Promise.resolve(compound('EncryptedPackage')), /password/],
      [
        'a bomb of blanks',
        async () => makeBareWorkbook(`<row>${' '.repeat(60_000_000)}</row>`),
        /unpacks to more than|never ends/,
      ],
      [
        'a bomb of cells far to the right',
        async () => makeBareWorkbook(placeCellsFarRight(2_000)),
        /as large as its file/,
      ],
      [
        'of a million columns',
        async () => makeBareWorkbook(`<row>${'<c><v>1</v></c>'.repeat(1_000_000)}</row>`),
        /more than 16384 columns/,
      ],
      ['with entities', async () => makeBareWorkbook('<row><c t="str"><v>&a;</v></c></row>'), /XML is damaged/],
      ['with a document type', async () => withDocumentType(), /document type/],
      ['endlessly deep', async () => makeBareWorkbook('<a>'.repeat(MANY) + '</a>'.repeat(MANY)), /levels deep/],
      ['of rows out of order', async () => makeBareWorkbook('<row r="2"/><row r="1"/>'), /out of order/],
      [
        'that names texts it has not',
        async () => makeBareWorkbook('<row><c t="s"><v>1</v></c></row>'),
        /names the text 1/,
      ],
    ])('%s', async (_what, make, says) => {
      const fields = { ...FIELDS, uploadHeaders: POSITIONS }
      const answer = await shop.upload(SERIES, fields, { name: 'a.xlsx', content: await make() })
      const body = (await answer.json()) as { id: number; detail?: string; code?: string }
      if (answer.status === 400) {
        expect(body.detail).toMatch(says)
        return
      }
      expect(answer.status).toBe(202)
      const view = await shop.waitForEnd(body.id)
      expect(view).toMatchObject({
        status: 'failed',
        failure: { code: 'NOT_CSV', message: expect.stringMatching(says) },
      })
      // There is nothing to report, and that is no error.
      const report = await shop.send(`/v1/imports/${body.id}/errors.csv`)
      expect([report.status, await report.text()]).toEqual([200, ''])
      expect((await shop.send(`/v1/imports/${body.id}/file`)).status).toBe(200)
    })

    it('texts in millions of runs, and none of them too much', async () => {
      const texts = `<si>${'<r><t>x</t></r>'.repeat(MANY)}</si>`
      const content = await makeBareWorkbook('<row><c t="s"><v>0</v></c></row>', {
        'xl/sharedStrings.xml': `<sst>${texts}</sst>`,
      })
      const { view } = await shop.importFile(
        SERIES,
        { ...FIELDS, uploadHeaders: POSITIONS },
        { name: 'a.xlsx', content },
      )
      expect(view).toMatchObject({ status: 'completed', counts: { rows: 1, rejected: 1 } })
    })
  })
})

/** Other bytes in the middle, where the data of the largest part stand. */
function damage(content: Buffer): Uint8Array<ArrayBuffer> {
  const damaged = new Uint8Array(content)
  const middle = Math.floor(content.length / 2)
  for (let i = middle; i < middle + 64; i += 1) damaged[i] = (damaged[i] ?? 0) ^ 0x55
  return damaged
}

/** An OLE compound file whose directory has an entry of this name. */
function compound(entry: string): Uint8Array<ArrayBuffer> {
  const file = Buffer.alloc(4_096)
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(file)
  Buffer.from(entry, 'utf16le').copy(file, 1_024)
  return new Uint8Array(file)
}

function withDocumentType() {
  const lol = Array.from({ length: 9 }, (_, n) => `<!ENTITY a${n + 1} "${`&a${n};`.repeat(10)}">`).join('')
  const sheet = `<!DOCTYPE worksheet [<!ENTITY a0 "lol">${lol}]><worksheet><sheetData><row><c t="str"><v>&a9;</v></c></row></sheetData></worksheet>`
  return makeArchive({
    'xl/workbook.xml': WORKBOOK,
    'xl/_rels/workbook.xml.rels': RELATIONS,
    'xl/worksheets/sheet1.xml': sheet,
  })
}
