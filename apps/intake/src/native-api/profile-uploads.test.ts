import { beforeAll, describe, expect, test } from 'vitest'

import { callApi } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, makeForm } from '../../test/upload.ts'
import { MOBILE, seedReference, TILL, work } from '../../test/work.ts'

let intake: TestIntake
beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  await save('tills', TILLS)
})

const TILLS = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: {
    redeemedDateInMillis: ['Redeemed on', 'Datum'],
    redeemedAt: 'Till',
    mobile: ['Phone', 'Mobile'],
    couponCode: 'Code',
  },
  dateFormat: 'dd.MM.yyyy HH:mm',
  timeZone: 'Europe/Berlin',
  maxErrors: 5,
}
const COLUMNS = (code: string): Record<string, string> => ({
  'Redeemed on': '21.10.2020 08:58',
  Till: String(TILL),
  Phone: MOBILE,
  Code: code,
})
/** A file with these columns, in this order and with these names. */
const file = (code: string, names: readonly [string, string][] = [], delimiter = ','): string => {
  const cells = Object.entries(COLUMNS(code)).map(([name, cell]) => [new Map(names).get(name) ?? name, cell] as const)
  return ['0', '1'].map((at) => cells.map((cell) => cell[Number(at)]).join(delimiter)).join('\r\n')
}

async function save(name: string, json: object): Promise<void> {
  expect((await callApi(intake, 'PUT', `/v1/import-profiles/${name}`, { json })).ok).toBe(true)
}
const APIS = {
  native: `/v1/series/${SERIES}/imports`,
  compatible: `/coupon/api/v1/upload/redeemFile/${SERIES}`,
} as const
type Api = keyof typeof APIS
async function send(api: Api, content: string, fields: Record<string, string>) {
  const response = await fetch(`${intake.url}${APIS[api]}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${intake.keys.write}` },
    body: makeForm([...fieldParts(fields), filePart(content)]),
  })
  const body = await readJson(response)
  const faults = (body.errors ?? [{ code: body.code, message: body.detail }]) as { code: string; message: string }[]
  return {
    status: response.status,
    id: (api === 'native' ? body.id : body.result?.redeemUploadJobStatuses[0].jobId) as number,
    faults,
  }
}
const show = async (id: number) => readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
async function importAll(api: Api, content: string, fields: Record<string, string>) {
  const { status, id, faults } = await send(api, content, fields)
  expect(status, JSON.stringify(faults)).toBe(api === 'native' ? 202 : 200)
  await work(intake, id)
  return show(id)
}

describe.each<Api>(['native', 'compatible'])('%s uploads with a profile', (api) => {
  const base = api === 'native' ? 0 : 10
  const code = (index: number): string => `CODE${base + index}`

  test('leave out what it gives, and tell it', async () => {
    const shown = await importAll(api, file(code(1)), { profile: 'tills' })
    expect(shown).toMatchObject({
      status: 'completed',
      counts: { inserted: 1 },
      profile: { name: 'tills', version: 1 },
    })
    const { redeemedAt } = await intake.database.prisma.redemption.findFirstOrThrow({ where: { importId: shown.id } })
    expect(redeemedAt.toISOString()).toBe('2020-10-21T06:58:00.000Z')
  })

  test.each<[string, number, readonly [string, string][], string]>([
    [
      'other names of which the profile knows',
      2,
      [
        ['Redeemed on', 'Datum'],
        ['Phone', 'Mobile'],
      ],
      ',',
    ],
    [
      'names in other case, with blanks and marks',
      3,
      [
        ['Till', '\ufeff T I L L\u200b'],
        ['Code', '"\u00a0code"'],
      ],
      ',',
    ],
    ['another delimiter', 4, [], ';'],
  ])('read %s', async (_what, index, names, delimiter) => {
    expect(await importAll(api, file(code(index), names, delimiter), { profile: 'tills' })).toMatchObject({
      status: 'completed',
      counts: { rows: 1, inserted: 1 },
    })
  })

  test('may say something else themselves, which wins', async () => {
    const content = file(code(5)).replace('21.10.2020 08:58', '2020-10-21 08:58')
    const fields = { profile: 'tills', dateFormat: 'yyyy-MM-dd HH:mm', timeZone: 'UTC', customerIdentifier: '' }
    const shown = await importAll(api, content, fields)
    expect(shown).toMatchObject({ counts: { inserted: 1 }, profile: { name: 'tills' } })
    const { redeemedAt } = await intake.database.prisma.redemption.findFirstOrThrow({ where: { importId: shown.id } })
    expect(redeemedAt.toISOString()).toBe('2020-10-21T08:58:00.000Z')
    const positions = '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}'
    const other = await importAll(api, file(code(6), [['Till', 'Shop']]), {
      profile: 'tills',
      uploadHeaders: positions,
    })
    expect(other).toMatchObject({ counts: { inserted: 1 } })
  })

  test('are 400 where there is no such profile, naming the near one and nothing that it might have given', async () => {
    const { status, faults } = await send(api, file(code(7)), { profile: 'Tils' })
    expect(status).toBe(400)
    expect(faults.map((fault) => [fault.code, fault.message])).toEqual([
      ['IMPORT_PROFILE_NOT_FOUND', 'profile is "Tils", and there is no such profile; did you mean "tills"?'],
    ])
    const both = await send(api, file(code(7)), { profile: 'nothing like it', hasHeader: 'perhaps' })
    expect(both.faults.map((fault) => fault.code)).toEqual(['IMPORT_PROFILE_NOT_FOUND', 'INVALID_VALUE'])
  })

  test('are one 400 where the header does not fit, with what was expected and what is there', async () => {
    const before = await intake.countStored()
    const content = file(code(8), [
      ['Phone', 'Telefon'],
      ['Till', 'Kasse'],
    ])
    const { status, faults } = await send(api, content, { profile: 'tills' })
    expect(status).toBe(400)
    expect(faults).toHaveLength(1)
    expect(faults[0]?.code).toBe('HEADER_MISMATCH')
    expect(faults[0]?.message).toContain(
      'does not fit the profile "tills" (version 1): it lacks "Phone" or "Mobile" (mobile), "Till" (redeemedAt). ',
    )
    expect(faults[0]?.message).toContain('the file has "Redeemed on", "Kasse", "Telefon", "Code"')
    expect(await intake.countStored()).toEqual(before)
  })
})

test('an import keeps the version that it was uploaded with, its retry too, and they are found by its name', async () => {
  await save('kept', TILLS)
  const first = await importAll('native', file('CODE21').replace(/CODE21/, 'NOSUCH'), { profile: 'kept' })
  await save('kept', { ...TILLS, maxErrors: 7 })
  await callApi(intake, 'DELETE', '/v1/import-profiles/kept')
  expect((await show(first.id)).profile).toEqual({ name: 'kept', version: 1 })
  const retried = await readJson(await callApi(intake, 'POST', `/v1/imports/${first.id}/retry-rejected`, { json: {} }))
  expect(retried.profile).toEqual({ name: 'kept', version: 1 })
  const version = await readJson(await callApi(intake, 'GET', '/v1/import-profiles/kept?version=1'))
  expect(version).toMatchObject({ maxErrors: 5 })
  const { items } = await readJson(await callApi(intake, 'GET', '/v1/imports?profile=kept'))
  expect((items as { id: number }[]).map(({ id }) => id)).toEqual([retried.id, first.id])
  expect((await readJson(await callApi(intake, 'GET', '/v1/imports?profile=kep'))).items).toEqual([])
})

test('an upload without a profile has none', async () => {
  const fields = { ...TILLS, uploadHeaders: JSON.stringify(TILLS.uploadHeaders), maxErrors: '5' }
  expect(await importAll('native', file('CODE22'), fields)).toMatchObject({ counts: { inserted: 1 }, profile: null })
})

test("another organization's profile is none", async () => {
  await callApi(intake, 'PUT', '/v1/import-profiles/theirs', { json: TILLS, key: intake.keys.other })
  const { status, faults } = await send('native', file('CODE23'), { profile: 'theirs' })
  expect([status, faults[0]?.code]).toEqual([400, 'IMPORT_PROFILE_NOT_FOUND'])
  expect(faults[0]?.message).not.toContain('did you mean "theirs"')
})
