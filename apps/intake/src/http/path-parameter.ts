import { isProfileName, isStorableText, PROFILE_NAME_EXPECTED, REFERENCE_KINDS, showText } from '@importer/contracts'

import { ApiError } from './api-error.ts'

/**
 * A parameter of a native path, as it stands there. A kind of reference data is one of REFERENCE_KINDS, a name is one that
 * a profile can have, every other is a whole number of any size: a number that no id has is answered as not found.
 *
 * @throws ApiError 400 when the text is none of these
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
