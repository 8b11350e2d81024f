import type { SmallDisk } from '../support/small-disk.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import type { MadeUpload } from './made-upload.ts'
import type { PersistentClient } from './persistent-client.ts'

export interface RefusedUpload {
  readonly client: PersistentClient
  /** Of the intake that it is sent to. */
  readonly url: string
  readonly disk: SmallDisk | null
  readonly upload: MadeUpload
  readonly idempotencyKey: string
}

/** An upload to a storage that takes no file is refused in the documented way, and no byte of it stays there. */
export async function checkRefusal({ client, url, disk, upload, idempotencyKey }: RefusedUpload): Promise<void> {
  const before = new Set(await disk?.listFiles())
  const response = await client.tryUpload(url, upload, idempotencyKey)
  await expectUnavailable(`an upload by the ${upload.drawn.api} API`, response)
  const added = (await disk?.listFiles())?.filter((name) => !before.has(name)) ?? []
  if (added.length > 0) throw new BrokenPromiseError(`a refused upload has left ${added.join(' and ')} in the storage`)
}

/** The documented answer while the storage is full or away. */
export async function expectUnavailable(what: string, response: Response): Promise<void> {
  const body = await response.text()
  if (
    response.status === 503 &&
    Number(response.headers.get('retry-after')) > 0 &&
    readCode(body) === 'STORAGE_UNAVAILABLE'
  )
    return
  throw new BrokenPromiseError(
    `${what} while the storage took no file got ${response.status} ${body}; expected 503 STORAGE_UNAVAILABLE with Retry-After`,
  )
}

/** Either API has its own form of an error. */
function readCode(body: string): string | undefined {
  const { code, errors } = JSON.parse(body) as { code?: string; errors?: readonly { code: string }[] }
  return code ?? errors?.[0]?.code
}
