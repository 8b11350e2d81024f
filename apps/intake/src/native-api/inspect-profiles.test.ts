import { inspectionView } from '@importer/contracts'
import { beforeAll, expect, test } from 'vitest'

import { callApi } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, makeForm } from '../../test/upload.ts'

let intake: TestIntake
beforeAll(async () => {
  intake = await startIntake()
  const names = { redeemedDateInMillis: ['Datum', 'Date'], redeemedAt: 'Kasse', mobile: 'Handy', couponCode: 'Bon' }
  const identifiers = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE' }
  await save('tills', {
    ...identifiers,
    uploadHeaders: names,
    dateFormat: 'dd.MM.yyyy HH:mm',
    timeZone: 'Europe/Berlin',
  })
  await save('tills with bills', { ...identifiers, uploadHeaders: { ...names, billNumber: 'Beleg' } })
  await save('by place', {
    ...identifiers,
    uploadHeaders: { redeemedDateInMillis: 0, redeemedAt: 1, mobile: 2, couponCode: 3 },
  })
  await save('umlauts', { ...identifiers, encoding: 'windows-1252', uploadHeaders: { ...names, redeemedAt: 'Gerät' } })
  await save('of the series', { ...identifiers, uploadHeaders: { ...names, redeemedAt: 'Shop' }, seriesId: SERIES })
  await save('of any series', { ...identifiers, uploadHeaders: { ...names, redeemedAt: 'Shop' } })
  await save('theirs', { ...identifiers, uploadHeaders: { ...names, redeemedAt: 'Zone' } }, intake.keys.other)
})

async function save(name: string, json: object, key = intake.keys.write): Promise<void> {
  expect((await callApi(intake, 'PUT', `/v1/import-profiles/${encodeURIComponent(name)}`, { json, key })).status).toBe(
    201,
  )
}

async function inspect(content: string | Uint8Array<ArrayBuffer>, fields: Record<string, string> = {}) {
  const response = await fetch(`${intake.url}/v1/inspect`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${intake.keys.read}` },
    body: makeForm([...fieldParts(fields), filePart(content)]),
  })
  const body = await readJson(response)
  expect(response.status, JSON.stringify(body)).toBe(200)
  return inspectionView.parse(body)
}

const ROW = '21.10.2020 08:58;50001;919999999999;CODE1;B-1\n'
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

test.each<[string, string | Uint8Array<ArrayBuffer>, string | null]>([
  ['all names of one', `Datum;Kasse;Handy;Bon\n${ROW}`, 'tills'],
  ['another name, other case, blanks and marks', `\ufeffDATE;k a s s e;Handy\u200b;Bon\n${ROW}`, 'tills'],
  ['names behind a title', `Export of October\n\nDatum;Kasse;Handy;Bon\n${ROW}`, 'tills'],
  ['the names of two, of which one has more', `Datum;Kasse;Handy;Bon;Beleg\n${ROW}`, 'tills with bills'],
  ['a name in the encoding of one', latin1(`Datum;Gerät;Handy;Bon\n${ROW}`), 'umlauts'],
  ['not all names', `Datum;Kasse;Handy;Code\n${ROW}`, null],
  ['a name twice', `Datum;Kasse;Kasse;Handy;Bon\n${ROW}`, null],
  ["another organization's names", `Datum;Zone;Handy;Bon\n${ROW}`, null],
  ['no header', ROW, null],
])('a file with %s has the profile that fits', async (_what, content, name) => {
  const found = await inspect(content)
  expect(found.profile).toEqual(name === null ? null : { name, version: 1 })
})

test('of equals the one of the series is named, else the one that was saved last', async () => {
  const content = `Datum;Shop;Handy;Bon\n${ROW}`
  expect((await inspect(content, { seriesId: String(SERIES) })).profile?.name).toBe('of the series')
  expect((await inspect(content)).profile?.name).toBe('of any series')
})

test('a profile that is named is applied, and none is looked for where somebody has said what the columns mean', async () => {
  const content = `Datum;Kasse;Handy;Bon\n${ROW}`
  const applied = await inspect(content, { profile: 'tills' })
  expect(applied).toMatchObject({
    profile: { name: 'tills', version: 1 },
    customerIdentifier: 'MOBILE',
    uploadHeaders: { redeemedDateInMillis: 0, redeemedAt: 1, mobile: 2, couponCode: 3 },
    dateFormat: 'dd.MM.yyyy HH:mm',
    timeZone: 'Europe/Berlin',
    problems: [],
  })
  expect(applied.rows).toMatchObject([{ rowNumber: 1, errors: [] }])
  const uploadHeaders = '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}'
  expect((await inspect(content, { uploadHeaders })).profile).toBeNull()
})

test('a profile that is named and does not fit is a problem that says what is there', async () => {
  const found = await inspect(`Datum;Till;Handy;Bon\n${ROW}`, { profile: 'tills' })
  expect(found.problems).toMatchObject([
    { code: 'HEADER_MISMATCH', message: expect.stringContaining('it lacks "Kasse" (redeemedAt)') },
  ])
})
