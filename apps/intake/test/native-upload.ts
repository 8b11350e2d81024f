import { readJson } from './read-json.ts'
import { SERIES, type TestIntake } from './start-intake.ts'
import { fieldParts, filePart, makeForm } from './upload.ts'

const NATIVE_FIELDS = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}',
}

export interface NativeUploadOptions {
  readonly fields?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly key?: string
  readonly series?: number
}

/** `POST /v1/series/{seriesId}/imports`. */
export function postNative(
  intake: TestIntake,
  content: string | Uint8Array<ArrayBuffer>,
  { fields = {}, headers = {}, key = intake.keys.write, series = SERIES }: NativeUploadOptions = {},
): Promise<Response> {
  return fetch(`${intake.url}/v1/series/${series}/imports`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, ...headers },
    body: makeForm([...fieldParts({ ...NATIVE_FIELDS, ...fields }), filePart(content)]),
  })
}

/** Uploads and gives the import's id. */
export async function uploadNative(
  intake: TestIntake,
  content: string | Uint8Array<ArrayBuffer>,
  options: NativeUploadOptions = {},
): Promise<number> {
  const response = await postNative(intake, content, options)
  const body = await readJson(response)
  if (response.status !== 202) throw new Error(`the upload was refused: ${JSON.stringify(body)}`)
  return body.id
}

/** A request of the native API by a key's role. */
export function callApi(
  intake: TestIntake,
  method: string,
  path: string,
  {
    key = intake.keys.admin,
    headers = {},
    json,
  }: { key?: string; headers?: Record<string, string>; json?: object } = {},
): Promise<Response> {
  return fetch(`${intake.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${key}`,
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
}
