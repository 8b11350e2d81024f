import type { GeneratedCase } from '../oracle/generate-case.ts'
import type { SmallDisk } from '../support/small-disk.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import type { PersistentClient } from './persistent-client.ts'

export interface RefusedUpload {
  readonly client: PersistentClient
  /** Of the intake that it is sent to. */
  readonly url: string
  readonly disk: SmallDisk | null
  readonly made: GeneratedCase
  readonly idempotencyKey: string
}

/** An upload to a storage that takes no file is refused in the documented way, and no byte of it stays there. */
export async function checkRefusal({ client, url, disk, made, idempotencyKey }: RefusedUpload): Promise<void> {
  const before = new Set(await disk?.listFiles())
  await expectUnavailable('an upload', await client.tryUpload(url, made, idempotencyKey))
  const added = (await disk?.listFiles())?.filter((name) => !before.has(name)) ?? []
  if (added.length > 0) throw new BrokenPromiseError(`a refused upload has left ${added.join(' and ')} in the storage`)
}

/** The documented answer while the storage is full or away. */
export async function expectUnavailable(what: string, response: Response): Promise<void> {
  const body = await response.text()
  const isRight =
    response.status === 503 &&
    Number(response.headers.get('retry-after')) > 0 &&
    (JSON.parse(body) as { code?: string }).code === 'STORAGE_UNAVAILABLE'
  if (isRight) return
  throw new BrokenPromiseError(
    `${what} while the storage took no file got ${response.status} ${body}; expected 503 STORAGE_UNAVAILABLE with Retry-After`,
  )
}
