import { uploadOptions } from '@importer/contracts'
import { expect, test } from 'vitest'

import { ApiError } from '../http/api-error.ts'
import type { CompletedUpload } from '../uploads/apply-profile.ts'
import { readCompatibleUpload } from './upload-form.ts'

const FILE = { key: 'k', bytes: 1, sha256: 's', checksums: Buffer.alloc(4), originalName: 'a.csv' }
const SAMPLE_1 = `{'redeemedDateInMillis': 0, 'redeemedAt': 1, 'billNumber': 5, 'couponId': 3,
       'userId': 2, 'billId': 4, 'details': 6}`
const SAMPLE_2 = `{'redeemedDateInMillis': 0, 'redeemedAt': 1, 'billNumber': 5, 'couponCode': 3,
       mobile: 2, 'billId': 4, 'details': 6}`
const GOOD = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE', uploadHeaders: SAMPLE_2 }

function validate(fields: Record<string, unknown>, more: Partial<CompletedUpload> = {}) {
  try {
    return readCompatibleUpload({ fields, file: FILE, faults: [], profile: null, ...more }, () => null)
  } catch (error) {
    if (error instanceof ApiError) return { faults: error.faults }
    throw error
  }
}

function faultsOf(fields: Record<string, unknown>, more: Partial<CompletedUpload> = {}) {
  const result = validate(fields, more)
  return 'file' in result ? [] : result.faults.map(({ code, field }) => `${code} ${field}`)
}

test('the documented samples are taken as they stand', () => {
  expect(validate({ customerIdentifier: 'USER_ID', couponIdentifier: 'COUPON_ID', uploadHeaders: SAMPLE_1 })).toEqual({
    file: FILE,
    identifiers: { customerIdentifier: 'USER_ID', couponIdentifier: 'COUPON_ID' },
    columns: {
      redeemedDateInMillis: 0,
      redeemedAt: 1,
      userId: 2,
      couponId: 3,
      billId: 4,
      billNumber: 5,
      details: 6,
    },
    details: null,
    options: uploadOptions.parse({}),
    metadata: null,
    profile: null,
  })
  expect(validate(GOOD)).toMatchObject({ columns: { mobile: 2, couponCode: 3 } })
})

test.each([
  [{ Details: 'monthly' }, 'monthly'],
  [{ details: ' monthly ' }, 'monthly'],
  [{ Details: 'one', details: 'two' }, 'one'],
  [{ Details: '' }, null],
  [{ Details: 'x'.repeat(65_536) }, 'x'.repeat(65_536)],
  [{}, null],
])('details of %j are %j', (fields, details) => {
  expect(validate({ ...GOOD, ...fields })).toMatchObject({ details })
})

test.each<[string, Record<string, unknown>, Partial<CompletedUpload>, string[]]>([
  [
    'nothing at all',
    {},
    { file: null },
    [
      'MISSING_FIELD customerIdentifier',
      'MISSING_FIELD couponIdentifier',
      'MISSING_FIELD uploadHeaders',
      'MISSING_FILE file',
    ],
  ],
  [
    'wrong enums',
    { ...GOOD, customerIdentifier: 'PHONE', couponIdentifier: 'mobile' },
    {},
    ['INVALID_VALUE customerIdentifier', 'INVALID_VALUE couponIdentifier'],
  ],
  ['an enum in another case', { ...GOOD, customerIdentifier: 'mobile' }, {}, ['INVALID_VALUE customerIdentifier']],
  ['an enum of every object', { ...GOOD, customerIdentifier: 'constructor' }, {}, ['INVALID_VALUE customerIdentifier']],
  ['a repeated field', { ...GOOD, customerIdentifier: ['MOBILE', 'EMAIL'] }, {}, ['REPEATED_FIELD customerIdentifier']],
  ['a nested field', { ...GOOD, uploadHeaders: { a: '1' } }, {}, ['REPEATED_FIELD uploadHeaders']],
  ['no JSON', { ...GOOD, uploadHeaders: '{' }, {}, ['INVALID_JSON uploadHeaders']],
  ['long headers', { ...GOOD, uploadHeaders: `${SAMPLE_2}${' '.repeat(4096)}` }, {}, ['VALUE_TOO_LONG uploadHeaders']],
  [
    'deep headers',
    { ...GOOD, uploadHeaders: `{x:${'['.repeat(2000)}${']'.repeat(2000)}, mobile:${'['.repeat(9)}${']'.repeat(9)}}` },
    {},
    [
      'UNKNOWN_KEY uploadHeaders',
      'INVALID_POSITION uploadHeaders',
      'MISSING_KEY uploadHeaders',
      'MISSING_KEY uploadHeaders',
      'MISSING_KEY uploadHeaders',
    ],
  ],
  [
    'a deep position',
    { ...GOOD, uploadHeaders: SAMPLE_2.replace(' 2', '['.repeat(1900) + ']'.repeat(1900)) },
    {},
    ['INVALID_POSITION uploadHeaders'],
  ],
  [
    'two at one position',
    { ...GOOD, uploadHeaders: SAMPLE_2.replace(' 2', ' 3') },
    {},
    ['DUPLICATE_POSITION uploadHeaders'],
  ],
  ...['0x2', '+2', '-0', '2.', '.2e1', '"2"', '-2', '1.5', '1024', 'Infinity', '[2]'].map(
    (written): [string, Record<string, unknown>, Partial<CompletedUpload>, string[]] => [
      `a position of ${written}`,
      { ...GOOD, uploadHeaders: SAMPLE_2.replace(' 2', ` ${written}`) },
      {},
      ['INVALID_POSITION uploadHeaders'],
    ],
  ),
  [
    'a key that is there twice',
    { ...GOOD, uploadHeaders: SAMPLE_2.replace('{', '{"mobile": 7 /* , */, "b\\"}": [1, {x: 2}],') },
    {},
    ['UNKNOWN_KEY uploadHeaders', 'DUPLICATE_KEY uploadHeaders'],
  ],
  ['NUL in details', { ...GOOD, details: 'a\0b' }, {}, ['INVALID_VALUE details']],
  ['a file as a field', { ...GOOD, file: 'a,b' }, { file: null }, ['MISSING_FILE file']],
  [
    'faults of fields and files together',
    { ...GOOD, customerIdentifier: 'PHONE' },
    { faults: [{ code: 'TOO_MANY_FILES', field: 'file', message: 'm' }] },
    ['INVALID_VALUE customerIdentifier', 'TOO_MANY_FILES file'],
  ],
])('%s', (_name, fields, more, faults) => {
  expect(faultsOf(fields, more)).toEqual(faults)
})

test.each([
  ['"2"', 'uploadHeaders.mobile is "2"; expected a whole number from 0 to 1023'],
  ['0x2', 'uploadHeaders.mobile is 0x2; expected a whole number from 0 to 1023'],
  ["2, 'mobile': 7", 'uploadHeaders has the key "mobile" more than once; expected every key once'],
])('a mobile of %s is reported as it is written', (written, message) => {
  const result = validate({ ...GOOD, uploadHeaders: SAMPLE_2.replace(' 2', ` ${written}`) })
  expect(result).toMatchObject({ faults: [{ message }] })
})

test.each(['2', '2.0', '2e0', '/* the */ 2 // second\n'])('a mobile of %j is a position', (written) => {
  const result = validate({ ...GOOD, uploadHeaders: SAMPLE_2.replace(' 2', ` ${written}`) })
  expect(result).toMatchObject({ columns: { mobile: 2, couponCode: 3 } })
})

test('a wrong enum names the value and what was expected', () => {
  const result = validate({ ...GOOD, customerIdentifier: 'PHONE\u0007' })
  expect(result).toMatchObject({
    faults: [
      {
        code: 'INVALID_VALUE',
        field: 'customerIdentifier',
        message: 'customerIdentifier is "PHONE\uFFFD"; expected MOBILE, EXTERNAL_ID, EMAIL, USER_ID',
      },
    ],
  })
})
