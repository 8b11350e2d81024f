import { expect } from 'vitest'

import { makeArchive, makeBareWorkbook, placeCellsFarRight, RELATIONS, WORKBOOK } from '../support/bare-workbook.ts'
import { SHOP_FIELDS, SHOP_SERIES } from '../support/small-shop.ts'
import { attack } from './attack.ts'
import type { Attacker } from './attacker.ts'

const MILLION = 1_000_000

/** What is taken, refused as it is, or refused because it is too much at once. */
const ANSWERS = [202, 400, 429, 503]

interface Hostile {
  readonly name: string
  readonly make: () => Promise<Uint8Array<ArrayBuffer>>
}

const HOSTILE: readonly Hostile[] = [
  { name: 'blanks without end', make: async () => makeBareWorkbook(`<row>${' '.repeat(60 * MILLION)}</row>`) },
  { name: 'cells far to the right', make: async () => makeBareWorkbook(placeCellsFarRight(20_000)) },
  { name: 'a million columns', make: async () => makeBareWorkbook(`<row>${'<c><v>1</v></c>'.repeat(MILLION)}</row>`) },
  { name: 'a million levels', make: async () => makeBareWorkbook('<a>'.repeat(MILLION)) },
  {
    name: 'a million texts that no row names, and one text of a million runs',
    make: async () =>
      makeBareWorkbook('<row><c t="s"><v>1000000</v></c></row>', {
        'xl/sharedStrings.xml': `<sst>${'<si/>'.repeat(MILLION)}<si>${'<r><t>text</t></r>'.repeat(MILLION)}</si></sst>`,
      }),
  },
  {
    name: 'as many parts as are looked at',
    make: async () =>
      makeArchive({
        'xl/workbook.xml': WORKBOOK,
        'xl/_rels/workbook.xml.rels': RELATIONS,
        'xl/worksheets/sheet1.xml': '<worksheet/>',
        ...Object.fromEntries(Array.from({ length: 1_990 }, (_, n) => [`${'x'.repeat(100)}${n}`, ''])),
      }),
  },
]

for (const { name, make } of HOSTILE) {
  attack(`a workbook of ${name}`, {
    async prepare({ client }) {
      await client.putReference('series', `id\n${SHOP_SERIES}\n`)
      return make()
    },
    run: async (attacker, workbook) => send(attacker, workbook),
  })
}

async function send(attacker: Attacker, workbook: Uint8Array<ArrayBuffer>): Promise<void> {
  const form = new FormData()
  const { seriesId, ...fields } = SHOP_FIELDS
  // By names: then intake looks into it.
  const uploadHeaders = '{"redeemedDateInMillis": "a", "redeemedAt": "b", "mobile": "c", "couponCode": "d"}'
  for (const [field, value] of Object.entries({ ...fields, uploadHeaders })) form.append(field, value)
  form.append('file', new Blob([workbook]), 'attack.xlsx')
  const { status } = await attacker.drain(`/v1/series/${seriesId}/imports`, { method: 'POST', body: form })
  expect(ANSWERS).toContain(status)
}
