import { UnavailableError } from '@importer/contracts'
import { FileDamagedError, FileMissingError } from '@importer/file-store'
import { expect, test } from 'vitest'

import { describeLostFile } from './describe-lost-file.ts'

test.each<[string, unknown, object | null]>([
  [
    'is gone',
    new FileMissingError('a-key'),
    { code: 'FILE_MISSING', message: expect.stringMatching(/^((?!a-key).)*$/) },
  ],
  [
    'is damaged',
    new FileDamagedError('a-key', 5, 'it ends after 5 of the 9 bytes'),
    { code: 'FILE_DAMAGED', message: expect.stringMatching(/^((?!a-key).)*: it ends after 5 of the 9 bytes\./) },
  ],
  ['is in a store that is away', new UnavailableError('STORAGE_UNAVAILABLE', 'away'), null],
  ['has nothing to do with an error', new Error('other'), null],
])('a stored file that %s', (_name, error, failure) => {
  expect(describeLostFile(error)).toEqual(failure)
})
