import { REFERENCE_KINDS } from '@importer/contracts'

import { showText } from '../compatible-api/upload-form.ts'
import { ApiError } from './api-error.ts'

/**
 * A parameter of a native path, as it stands there. A kind of reference data is one of those that there are, all others are
 * whole numbers; one that is larger than any id is as good as any other that is not there. Throws 400 where it is none.
 */
export function requirePathParameter(name: string, text: string): string {
  const [isGood, expected] =
    name === 'kind'
      ? [REFERENCE_KINDS.some((kind) => kind === text), REFERENCE_KINDS.join(', ')]
      : [/^\d+$/.test(text), 'a whole number']
  if (isGood) return text
  const message = `${name} is "${showText(text)}"; expected ${expected}`
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: name, message }])
}
