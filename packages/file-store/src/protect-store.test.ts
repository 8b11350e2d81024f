import { rename } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'

import { expect, test } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { createDiskStore } from './disk-store.ts'
import { protectStore } from './protect-store.ts'
import { StorageUnavailableError } from './storage-errors.ts'

const root = await makeTemporaryFolder()

test('an upload that was written while the storage was away is not accepted when the storage is back', async () => {
  const uploads = path.join(root, 'uploads')
  const disk = createDiskStore({ root })
  await disk.ping()
  // As a file system that is unmounted and mounted again: what is written meanwhile is written to what lies below it.
  await rename(uploads, path.join(root, 'away'))
  let looks = 0
  const store = protectStore(disk, {
    async verifyIdentity() {
      looks += 1
      if (looks < 2) return
      await rename(uploads, path.join(root, 'below'))
      await rename(path.join(root, 'away'), uploads)
    },
    findChecksums: async () => null,
  })
  const writing = store.write(Readable.from([Buffer.from('a,b\n')]), { maxBytes: 100 })
  await expect(writing).rejects.toBeInstanceOf(StorageUnavailableError)
  await expect(writing).rejects.toMatchObject({
    cause: {
      message: 'of a file of 4 bytes that was just stored there is no such file: the folder was exchanged meanwhile',
    },
  })
})
