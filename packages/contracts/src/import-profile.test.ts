import { expect, it } from 'vitest'

import {
  pickProfileOptions,
  PROFILE_OPTIONS,
  profileOptions,
  toProfileOptions,
  toUploadFields,
} from './import-profile.ts'

const ALL = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: { redeemedDateInMillis: ['Date', 'Datum'], redeemedAt: 'Till', mobile: 2, couponCode: 'Code' },
  hasHeader: true,
  delimiter: ' ',
  skipLines: 2,
  encoding: 'windows-1252',
  dateFormat: 'dd.MM.yyyy HH:mm',
  timeZone: 'Europe/Berlin',
  defaultCountry: 'DE',
  maxErrors: 0,
  maxErrorRatio: 0.25,
  onSameFile: 'reject',
  callbackUrl: 'https://example.com/done',
  seriesId: 953_234,
} as const

it('says the same as fields of a form and as a profile, option by option', () => {
  const options = profileOptions.parse(ALL)
  expect(Object.keys(options)).toEqual(PROFILE_OPTIONS)
  const fields = toUploadFields(options)
  expect(fields).toMatchObject({ hasHeader: 'true', maxErrors: '0', maxErrorRatio: '0.25', delimiter: ' ' })
  expect(toProfileOptions({ ...fields, seriesId: '953234' })).toEqual(options)
})

it('is picked out of what stands beside it, in the order of the documentation', () => {
  const { seriesId, ...others } = profileOptions.parse(ALL)
  const request = { seriesId, name: 'spring-street', version: 3, ...others, timeZone: undefined }
  const picked = pickProfileOptions(request)
  expect(Object.keys(picked)).toEqual(PROFILE_OPTIONS.filter((name) => name !== 'timeZone'))
  expect(request).toMatchObject(picked)
})

it.each([
  [{ hasHeader: 'auto' }, { hasHeader: 'auto' }],
  [{ hasHeader: 'false' }, { hasHeader: false }],
  [{ skipLines: 'two' }, { skipLines: Number.NaN }],
  [{ skipLines: '', encoding: '', details: 'of one upload', dryRun: 'true' }, {}],
])('reads %j', (fields, options) => {
  expect(toProfileOptions(fields)).toEqual(options)
})
