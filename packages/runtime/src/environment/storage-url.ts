import { fileURLToPath } from 'node:url'

export type StorageLocation =
  | { readonly kind: 'disk'; readonly root: string }
  /** `prefix` is empty or ends in a slash. */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }

/** Reads `file:///folder` or `s3://bucket/prefix`; `undefined` when the text is neither. */
export function parseStorageUrl(text: string): StorageLocation | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return undefined
  if (url.protocol === 'file:') {
    if (url.host !== '' || !text.startsWith('file:///')) return undefined
    return { kind: 'disk', root: fileURLToPath(url) }
  }
  if (url.protocol !== 's3:' || url.port !== '') return undefined
  // Amazon's rules for bucket names, which other servers share: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  if (!/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(url.hostname)) return undefined
  const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '')
  if (!/^[\w.\-/]*$/.test(prefix)) return undefined
  return { kind: 's3', bucket: url.hostname, prefix: prefix === '' ? '' : `${prefix}/` }
}
