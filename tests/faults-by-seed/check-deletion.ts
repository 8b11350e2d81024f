import { isDeepStrictEqual } from 'node:util'

import type { ImportView } from '@importer/client'

import { BrokenPromiseError } from './broken-promise.ts'
import { expectCount } from './expect-count.ts'
import type { PersistentClient } from './persistent-client.ts'

/** A completed import, as it is before it is deleted. */
export interface Deletable {
  readonly view: ImportView
  readonly redemptions: number
}

const GONE = ['file', 'errors', 'errors.csv', 'errors.xlsx', 'inserted.csv', 'duplicates.csv']

/** Of an import that was deleted the file and every report are gone at once; its record, its counts and its redemptions stay. */
export async function checkDeletion(
  ownerUrl: string,
  client: PersistentClient,
  { view, redemptions }: Deletable,
): Promise<void> {
  const path = `/v1/imports/${view.id}`
  for (const name of GONE) {
    const { status, code } = await client.readRefusal(`${path}/${name}`, 404)
    if (status !== 404 || code !== 'FILE_MISSING')
      throw new BrokenPromiseError(
        `${name} of deleted import ${view.id} is ${status} ${code}; expected 404 FILE_MISSING`,
      )
  }
  const { status, outcome, counts } = await client.send<ImportView>(path, {})
  if (!isDeepStrictEqual([status, outcome, counts], [view.status, view.outcome, view.counts]))
    throw new BrokenPromiseError(`deleted import ${view.id} has become ${JSON.stringify({ status, outcome, counts })}`)
  await expectCount(ownerUrl, redemptions, 'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1', [view.id])
}
