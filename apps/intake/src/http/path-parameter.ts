import { isProfileName, isStorableText, PROFILE_NAME_EXPECTED, REFERENCE_KINDS } from '@importer/contracts'

import { showText } from './show-text.ts'
import { ApiError } from './api-error.ts'

/**
 * A parameter of a native path, as it stands there. A kind of reference data is one of those that there are, a name is one
 * that a profile can have, all others are whole numbers; one that is larger than any id is as good as any other that is not there. Throws 400 where it is none.
 */
export function requirePathParameter(name: string, text: string): string {
  const { isGood, expected } = checkParameter(name, text)
  if (isGood) return text
  const message = `${name} is "${showText(text)}"; ${expected}`
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: name, message }])
}

function checkParameter(name: string, text: string): { readonly isGood: boolean; readonly expected: string } {
  if (name === 'kind') {
    return { isGood: REFERENCE_KINDS.some((kind) => kind === text), expected: `expected ${REFERENCE_KINDS.join(', ')}` }
  }
  if (name === 'name') return { isGood: isProfileName(text) && isStorableText(text), expected: PROFILE_NAME_EXPECTED }
  return { isGood: /^\d+$/.test(text), expected: 'expected a whole number' }
}
