import { SERIES, type TestIntake } from './start-intake.ts'

/** The documentation's second sample, to the letter. */
const SAMPLE_HEADERS = `{'redeemedDateInMillis': 0, 'redeemedAt': 1, 'billNumber': 5, 'couponCode': 3,
       mobile: 2, 'billId': 4, 'details': 6}`

export const GOOD_FIELDS = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: SAMPLE_HEADERS,
}

export const CSV = '1603263535000,50001,919999999999,CODE1,b-1,n-1,first\n'

type Part = readonly [name: string, value: string | Blob, fileName?: string]

export function makeForm(parts: readonly Part[]): FormData {
  const form = new FormData()
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, fileName)
  }
  return form
}

export function filePart(content: string | Uint8Array<ArrayBuffer> = CSV, fileName = 'couponCode.csv'): Part {
  return ['file', new Blob([content]), fileName]
}

export function fieldParts(fields: Readonly<Record<string, string>> = GOOD_FIELDS): Part[] {
  return Object.entries(fields)
}

export interface UploadOptions {
  readonly key?: string | null
  readonly series?: string | number
  readonly mount?: string
  readonly headers?: Record<string, string>
}

/** Posts a form, by default with a key that may and to a series that is there. */
export function postForm(
  intake: TestIntake,
  form: FormData,
  { key = intake.keys.write, series = SERIES, mount = '/upload', headers = {} }: UploadOptions = {},
): Promise<Response> {
  return fetch(`${intake.url}${mount}/redeemFile/${series}`, {
    method: 'POST',
    headers: { ...(key === null ? {} : { Authorization: `Bearer ${key}` }), ...headers },
    body: form,
  })
}

export function postGood(intake: TestIntake, content: string | Uint8Array<ArrayBuffer> = CSV): Promise<Response> {
  return postForm(intake, makeForm([...fieldParts(), filePart(content)]))
}
