import { beforeEach, describe, expect, test } from 'vitest'

import { readJson } from '../../test/read-json.ts'
import { OTHER_SERIES, SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { CSV, fieldParts, filePart, GOOD_FIELDS, makeForm, postForm, type UploadOptions } from '../../test/upload.ts'

const intake = await startIntake()

interface BadUpload {
  readonly status: number
  /** `code field`, in order. */
  readonly errors: string[]
  readonly parts?: Parameters<typeof makeForm>[0]
  readonly options?: UploadOptions
  /** What the first message must say. */
  readonly says?: RegExp
}

const BAD: Record<string, BadUpload> = {
  'a wrong enum': {
    parts: [...fieldParts({ ...GOOD_FIELDS, customerIdentifier: 'PHONE' }), filePart()],
    status: 400,
    errors: ['INVALID_VALUE customerIdentifier'],
    says: /"PHONE"; expected MOBILE, EXTERNAL_ID, EMAIL, USER_ID/,
  },
  'malformed uploadHeaders': {
    parts: [...fieldParts({ ...GOOD_FIELDS, uploadHeaders: '{"mobile": ' }), filePart()],
    status: 400,
    errors: ['INVALID_JSON uploadHeaders'],
  },
  'a missing mandatory key': {
    parts: [
      ...fieldParts({ ...GOOD_FIELDS, uploadHeaders: '{redeemedDateInMillis:0,redeemedAt:1,mobile:2}' }),
      filePart(),
    ],
    status: 400,
    errors: ['MISSING_KEY uploadHeaders'],
    says: /"couponCode"/,
  },
  'a double position': {
    parts: [
      ...fieldParts({ ...GOOD_FIELDS, uploadHeaders: '{redeemedDateInMillis:0,redeemedAt:1,mobile:2,couponCode:2}' }),
      filePart(),
    ],
    status: 400,
    errors: ['DUPLICATE_POSITION uploadHeaders'],
  },
  'a position in a string': {
    parts: [
      ...fieldParts({ ...GOOD_FIELDS, uploadHeaders: '{redeemedDateInMillis:0,redeemedAt:1,mobile:"2",couponCode:3}' }),
      filePart(),
    ],
    status: 400,
    errors: ['INVALID_POSITION uploadHeaders'],
  },
  'no file': { parts: fieldParts(), status: 400, errors: ['MISSING_FILE file'] },
  'a file without a name': { parts: [...fieldParts(), ['file', CSV]], status: 400, errors: ['MISSING_FILE file'] },
  'two files': {
    parts: [filePart(), ...fieldParts(), filePart()],
    status: 400,
    errors: ['TOO_MANY_FILES file'],
  },
  'a file in another field': {
    parts: [...fieldParts(), filePart(), ['attachment', new Blob(['x']), 'x.csv']],
    status: 400,
    errors: ['UNEXPECTED_FILE attachment'],
  },
  'everything wrong at once': {
    parts: [['customerIdentifier', 'PHONE'], filePart(), filePart(), ['uploadHeaders', '{mobile: -1, x: 3}']],
    status: 400,
    errors: [
      'INVALID_VALUE customerIdentifier',
      'MISSING_FIELD couponIdentifier',
      'INVALID_POSITION uploadHeaders',
      'UNKNOWN_KEY uploadHeaders',
      'MISSING_KEY uploadHeaders',
      'MISSING_KEY uploadHeaders',
      'TOO_MANY_FILES file',
    ],
  },
  'a field sent twice': {
    parts: [...fieldParts(), ['couponIdentifier', 'COUPON_CODE'], filePart()],
    status: 400,
    errors: ['REPEATED_FIELD couponIdentifier'],
  },
  'a field far beyond any limit': {
    parts: [filePart(), ...fieldParts({ ...GOOD_FIELDS, Details: 'x'.repeat(70_000) })],
    status: 400,
    errors: ['VALUE_TOO_LONG Details'],
  },
  'many fields that are too long together': {
    parts: [
      filePart(),
      ...fieldParts(),
      ...Array.from({ length: 20 }, (_, n) => [`f${n}`, 'x'.repeat(60_000)] as const),
    ],
    status: 400,
    errors: ['VALUE_TOO_LONG f2'],
    says: /^f2 and the fields before it have 180\d\d\d bytes; expected at most 131072 in all fields together$/,
  },
  'a file that is sent as a plain field, again and again': {
    parts: [...fieldParts(), ...Array.from({ length: 20 }, () => ['file', 'x'.repeat(60_000)] as const)],
    status: 400,
    errors: ['MISSING_FILE file'],
  },
  'a field with a long name': {
    parts: [filePart(), ...fieldParts({ ...GOOD_FIELDS, ['x'.repeat(200)]: 'x' })],
    status: 400,
    errors: ['INVALID_FIELD_NAME body'],
  },
  'a field with a deep name': {
    parts: [filePart(), ...fieldParts({ ...GOOD_FIELDS, 'a[b][c][d]': 'x' })],
    status: 400,
    errors: ['INVALID_FIELD_NAME a[b][c][d]'],
  },
  'a hundred fields': {
    parts: [filePart(), ...fieldParts(), ...Array.from({ length: 100 }, (_, index) => [`f${index}`, 'x'] as const)],
    status: 400,
    errors: ['TOO_MANY_FIELDS body'],
  },
  'a hundred files': {
    parts: [...fieldParts(), ...Array.from({ length: 100 }, () => filePart())],
    status: 400,
    errors: ['TOO_MANY_FILES file'],
  },
  'a file that is too large': {
    parts: [...fieldParts(), filePart('x'.repeat(1024 * 1024 + 1))],
    status: 413,
    errors: ['PAYLOAD_TOO_LARGE file'],
  },
  'a file of the largest size in a form that is larger still': {
    parts: [
      filePart('x'.repeat(1024 * 1024)),
      ...fieldParts(),
      ...Array.from({ length: 17 }, (_, index) => [`f${index}`, 'x'.repeat(64 * 1024 - 1)] as const),
    ],
    status: 413,
    errors: ['PAYLOAD_TOO_LARGE file'],
  },
  'a series that nobody has': { options: { series: 1 }, status: 404, errors: ['SERIES_NOT_FOUND couponSeriesId'] },
  "another organization's series": {
    options: { series: OTHER_SERIES },
    status: 404,
    errors: ['SERIES_NOT_FOUND couponSeriesId'],
  },
  'a series that is no number': {
    options: { series: 'abc' },
    status: 404,
    errors: ['SERIES_NOT_FOUND couponSeriesId'],
  },
  'a series beyond any number': {
    options: { series: '99999999999999999999' },
    status: 404,
    errors: ['SERIES_NOT_FOUND couponSeriesId'],
  },
  'a series in a broken path': { options: { series: '%ff' }, status: 400, errors: ['INVALID_PATH path'] },
  'no key': { options: { key: null }, status: 401, errors: ['UNAUTHORIZED Authorization'] },
  'an unknown key': { options: { key: 'unknown-key-0123456789' }, status: 401, errors: ['UNAUTHORIZED Authorization'] },
}

describe('a bad upload', () => {
  let before: Awaited<ReturnType<TestIntake['countStored']>>
  beforeEach(async () => {
    before = await intake.countStored()
  })

  async function expectRefused(response: Response, status: number, errors: string[]): Promise<void> {
    const body = await response.text()
    expect(JSON.parse(body)).toEqual({ success: false, status, errors: expect.any(Array) })
    expect(
      JSON.parse(body).errors.map((error: Record<string, string>) => `${error['code']} ${error['field']}`),
    ).toEqual(errors)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(body).not.toMatch(/file:\/\/|node_modules|\\n\s+at |Error:/)
    expect(await intake.countStored()).toEqual(before)
  }

  test.each(Object.entries(BAD))('with %s is refused and leaves nothing', async (_name, bad) => {
    const response = await postForm(intake, makeForm(bad.parts ?? [...fieldParts(), filePart()]), bad.options)
    if (bad.says) expect((await readJson(response.clone())).errors[0].message).toMatch(bad.says)
    await expectRefused(response, bad.status, bad.errors)
  })

  test('with a revoked key is refused', async () => {
    const response = await postForm(intake, makeForm([...fieldParts(), filePart()]), { key: intake.keys.revoked })
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
    await expectRefused(response, 401, ['UNAUTHORIZED Authorization'])
  })

  test('with a key that may only read is refused', async () => {
    const response = await postForm(intake, makeForm([...fieldParts(), filePart()]), { key: intake.keys.read })
    await expectRefused(response, 403, ['FORBIDDEN Authorization'])
  })

  test.each([
    ['application/json', '{"file":"a"}'],
    ['application/x-www-form-urlencoded', 'customerIdentifier=MOBILE'],
    ['multipart/form-data', 'no boundary'],
    ['multipart/mixed; boundary=x', '--x--'],
    ['text/csv', CSV],
  ])('that is %s is refused', async (contentType, body) => {
    const response = await fetch(`${intake.url}/upload/redeemFile/${SERIES}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${intake.keys.write}`, 'Content-Type': contentType },
      body,
    })
    await expectRefused(response, 400, ['NOT_MULTIPART Content-Type'])
  })

  test.each([
    ['nothing', ''],
    ['rubbish', 'rubbish'],
    ['an end too early', '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1,2,3'],
    ['a broken part header', '--x\r\nContent-Dis\u0001position: form-data; name="file"\r\n\r\n1\r\n--x--\r\n'],
  ])('whose multipart body is %s is refused', async (_name, body) => {
    const response = await fetch(`${intake.url}/upload/redeemFile/${SERIES}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${intake.keys.write}`, 'Content-Type': 'multipart/form-data; boundary=x' },
      body,
    })
    await expectRefused(response, 400, ['MALFORMED_MULTIPART body'])
  })

  test.each([
    ['GET', `/upload/redeemFile/${SERIES}`, 405, 'METHOD_NOT_ALLOWED method', 'POST'],
    ['DELETE', `/coupon/api/v1/upload/redeemFile/${SERIES}`, 405, 'METHOD_NOT_ALLOWED method', 'POST'],
    ['POST', `/upload/getUploadRedeemedCouponStatus/${SERIES}`, 405, 'METHOD_NOT_ALLOWED method', 'GET, HEAD'],
    ['GET', '/upload/nothing', 404, 'NOT_FOUND path', null],
    ['GET', '/coupon/api/v1/upload', 404, 'NOT_FOUND path', null],
    ['POST', '/upload/redeemFile', 404, 'NOT_FOUND path', null],
  ])('as %s %s is %i', async (method, path, status, error, allow) => {
    const response = await fetch(`${intake.url}${path}`, { method })
    expect(response.headers.get('allow')).toBe(allow)
    await expectRefused(response, status, [error])
  })
})
