import { profileListView, profileView } from '@importer/contracts'
import { beforeAll, describe, expect, test } from 'vitest'

import { callApi } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { OTHER_SERIES, SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'

let intake: TestIntake
beforeAll(async () => {
  intake = await startIntake()
  await intake.database.prisma.apiKey.updateMany({ where: { role: 'write' }, data: { name: 'till office' } })
})

const ALL = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: { redeemedDateInMillis: ['Date', 'Datum'], redeemedAt: 'Till', mobile: 2, couponCode: 'Code' },
  delimiter: ';',
  hasHeader: true,
  skipLines: 2,
  encoding: 'windows-1252',
  dateFormat: 'dd.MM.yyyy HH:mm',
  timeZone: 'Europe/Berlin',
  defaultCountry: 'DE',
  maxErrors: 10,
  maxErrorRatio: 0.25,
  onSameFile: 'reject',
  callbackUrl: 'https://example.com/done',
  seriesId: SERIES,
}
const path = (name: string): string => `/v1/import-profiles/${encodeURIComponent(name)}`
const put = (name: string, json: object, key = intake.keys.write) => callApi(intake, 'PUT', path(name), { json, key })
async function show(name: string, query = '', key = intake.keys.read) {
  return profileView.parse(await readJson(await callApi(intake, 'GET', `${path(name)}${query}`, { key })))
}

test('everything that a profile can say is kept, as one version after the other', async () => {
  const first = await put('Büro & Till', ALL)
  expect(first.status).toBe(201)
  const made = profileView.parse(await readJson(first))
  expect(made).toMatchObject({ name: 'Büro & Till', version: 1, ...ALL })
  expect(made.savedBy).toEqual({ type: 'key', name: 'till office' })
  expect(await show('Büro & Till')).toEqual(made)

  const second = await put('Büro & Till', { delimiter: 'auto', hasHeader: 'auto' })
  expect([second.status, await readJson(second)]).toMatchObject([200, { version: 2, delimiter: 'auto' }])
  const now = await show('Büro & Till')
  expect([now.version, now.skipLines, now.customerIdentifier]).toEqual([2, undefined, undefined])
  expect(await show('Büro & Till', '?version=1')).toEqual(made)
  expect((await callApi(intake, 'GET', `${path('Büro & Till')}?version=3`)).status).toBe(404)
})

test('a name is the same in every Unicode form, and an answer can be sent back changed', async () => {
  await put('caf\u00e9', { skipLines: 1 })
  const shown = await show('cafe\u0301')
  expect([shown.name, shown.version]).toEqual(['caf\u00e9', 1])
  const again = await put('cafe\u0301', { ...shown, skipLines: 2 })
  expect([again.status, await readJson(again)]).toMatchObject([200, { version: 2, skipLines: 2 }])
})

test('a deleted profile is gone, its versions stay, and saved again it goes on counting', async () => {
  await put('gone', { skipLines: 1 })
  expect((await callApi(intake, 'DELETE', path('gone'), { key: intake.keys.write })).status).toBe(204)
  for (const method of ['GET', 'DELETE']) {
    const again = await callApi(intake, method, path('gone'))
    expect([again.status, (await readJson(again)).code]).toEqual([404, 'IMPORT_PROFILE_NOT_FOUND'])
  }
  expect(await show('gone', '?version=1')).toMatchObject({ version: 1, skipLines: 1 })
  const again = await put('gone', { skipLines: 3 })
  expect([again.status, await readJson(again)]).toMatchObject([201, { version: 2, skipLines: 3 }])
  const versions = await callApi(intake, 'GET', `${path('gone')}/versions?limit=1`)
  const page = profileListView.parse(await readJson(versions))
  expect([page.items.map(({ version }) => version), page.nextCursor]).toEqual([[2], '2'])
  const rest = await callApi(intake, 'GET', `${path('gone')}/versions?limit=1&cursor=2`)
  const last = profileListView.parse(await readJson(rest))
  expect([last.items.map(({ version }) => version), last.nextCursor]).toEqual([[1], null])
})

test('profiles are listed by name, page by page, without those that are deleted', async () => {
  for (const name of ['list c', 'list a', 'list b', 'list d']) await put(name, { skipLines: 1 })
  await callApi(intake, 'DELETE', path('list b'))
  const names: string[] = []
  let cursor: string | null = 'list'
  while (cursor !== null && names.length < 3) {
    const query = new URLSearchParams({ limit: '1', cursor })
    const page = profileListView.parse(
      await readJson(await callApi(intake, 'GET', `/v1/import-profiles?${query.toString()}`)),
    )
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  }
  expect(names).toEqual(['list a', 'list c', 'list d'])
})

test('nothing of another organization is visible, and the same name is free there', async () => {
  await put('ours', { skipLines: 1 })
  for (const [method, tail] of [
    ['GET', ''],
    ['GET', '?version=1'],
    ['GET', '/versions'],
    ['DELETE', ''],
  ] as const) {
    expect((await callApi(intake, method, `${path('ours')}${tail}`, { key: intake.keys.other })).status).toBe(404)
  }
  expect(await readJson(await put('ours', { skipLines: 7 }, intake.keys.other))).toMatchObject({ version: 1 })
  expect(await show('ours')).toMatchObject({ version: 1, skipLines: 1 })
  const { items } = await readJson(await callApi(intake, 'GET', '/v1/import-profiles', { key: intake.keys.other }))
  expect(items).toMatchObject([{ name: 'ours', skipLines: 7 }])
})

test('of many that save at once each makes a version of its own', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, (_, skipLines) => put('busy', { skipLines })))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    200, 200, 200, 200, 200, 200, 200, 201,
  ])
  const page = profileListView.parse(await readJson(await callApi(intake, 'GET', `${path('busy')}/versions`)))
  expect(page.items.map(({ version }) => version)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  expect(page.items.map(({ skipLines = -1 }) => skipLines).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('saving and deleting are on the audit list, with who did it', async () => {
  await put('noted', { skipLines: 1 })
  await put('noted', { skipLines: 2 })
  await callApi(intake, 'DELETE', path('noted'), { key: intake.keys.write })
  const { items } = await readJson(await callApi(intake, 'GET', '/v1/audit-events?limit=1000'))
  const noted = (items as { kind: string; actor: object; detail: { name?: string } }[]).filter(
    ({ detail }) => detail.name === 'noted',
  )
  const actor = { type: 'key', name: 'till office' }
  expect(noted).toMatchObject([
    { kind: 'profile.saved', actor, detail: { name: 'noted', version: 1 } },
    { kind: 'profile.saved', actor, detail: { name: 'noted', version: 2 } },
    { kind: 'profile.deleted', actor, detail: { name: 'noted', version: 2 } },
  ])
})

describe('a profile that no upload could be made with is 400, and says why', () => {
  test.each<[string, object, string, RegExp]>([
    ['an unknown option', { dryRun: true }, 'UNKNOWN_FIELD', /dryRun/],
    ['an unknown key', { uploadHeaders: { til: 1 } }, 'UNKNOWN_KEY', /"til"; expected userId/],
    ['a position as text and none', { uploadHeaders: { redeemedAt: -1 } }, 'INVALID_POSITION', /redeemedAt is -1/],
    ['no name in a list', { uploadHeaders: { redeemedAt: [] } }, 'INVALID_POSITION', /name of a column/],
    ['two keys of one column', { uploadHeaders: { redeemedAt: 1, mobile: 1 } }, 'DUPLICATE_POSITION', /position 1/],
    [
      'a declared identifier without its column',
      { ...ALL, customerIdentifier: 'EMAIL' },
      'MISSING_KEY',
      /lacks the key "email"/,
    ],
    ['no till', { uploadHeaders: { redeemedDateInMillis: 0 } }, 'MISSING_KEY', /lacks the key "redeemedAt"/],
    ['an unknown pattern', { dateFormat: 'dd/mm' }, 'INVALID_VALUE', /lacks the year|month/],
    ['an unknown zone', { timeZone: 'Mars/Base' }, 'INVALID_VALUE', /IANA/],
    ['an unknown country', { defaultCountry: 'XX' }, 'INVALID_VALUE', /ISO 3166/],
    ['too many lines', { skipLines: 101 }, 'INVALID_VALUE', /at most 100/],
    ['a ratio over 1', { maxErrorRatio: 2 }, 'INVALID_VALUE', /from 0 to 1/],
    ['a private receiver', { callbackUrl: 'https://127.0.0.1/' }, 'INVALID_URL', /callbackUrl/],
    ['a series that is not there', { seriesId: OTHER_SERIES }, 'SERIES_NOT_FOUND', /no such coupon series/],
    ['another name', { name: 'other' }, 'INVALID_VALUE', /not renamed/],
  ])('%s', async (_what, body, code, message) => {
    const answer = await put('refused', body)
    const problem = await readJson(answer)
    expect([answer.status, problem.code, problem.detail]).toEqual([400, code, expect.stringMatching(message)])
    expect((await callApi(intake, 'GET', path('refused'))).status).toBe(404)
  })

  test('with every fault at once', async () => {
    const body = { uploadHeaders: { til: 1 }, callbackUrl: 'ftp://x', seriesId: 1 }
    const { errors } = await readJson(await put('refused', body))
    expect((errors as { field: string }[]).map(({ field }) => field)).toEqual([
      'uploadHeaders',
      'uploadHeaders',
      'uploadHeaders',
      'callbackUrl',
      'seriesId',
    ])
  })
})

test('an organization has 200 profiles at most, and may still save those that it has', async () => {
  const full = await startIntake()
  const rows = Array.from({ length: 200 }, (_, index) => ({ orgId: 9619, name: `p${index}`, version: 1 }))
  await full.database.prisma.importProfile.createMany({ data: rows })
  const send = (name: string) => callApi(full, 'PUT', path(name), { json: {} })
  const refused = await send('one more')
  expect([refused.status, (await readJson(refused)).code]).toEqual([409, 'TOO_MANY_IMPORT_PROFILES'])
  expect((await send('p7')).status).toBe(200)
  await callApi(full, 'DELETE', path('p8'))
  expect((await send('one more')).status).toBe(201)
})
