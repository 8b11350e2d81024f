import { storableText } from './storable.ts'

const MAX_CHARACTERS = 100
/** A slash, or what cannot be seen: a name stands in paths and messages. A lone dot would be lost from a path. */
const UNFIT = /[/\\\p{C}\p{Zl}\p{Zp}]|^\.{1,2}$|^\s|\s$/u

export const PROFILE_NAME_EXPECTED = `expected 1 to ${MAX_CHARACTERS} characters without slashes, and no blank at either end`

/** Whether a profile can have this name. */
export function isProfileName(text: string): boolean {
  return text !== '' && [...text].length <= MAX_CHARACTERS && !UNFIT.test(text)
}

/** The name of a profile, in one Unicode form, so that what looks the same is the same. */
export const profileName = storableText().refine(isProfileName, PROFILE_NAME_EXPECTED).normalize('NFC')
