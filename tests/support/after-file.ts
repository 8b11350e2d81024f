const releases: (() => Promise<void>)[] = []
const witnesses: (() => string)[] = []
let isSetUp = false

/**
 * Releases something when the test file is done, after the file's own hooks, what came last first. A module must not say
 * so by a hook of its own: test files of one process share the module, which is loaded for the first of them alone.
 */
export function afterFile(release: () => Promise<void>): void {
  if (!isSetUp) throw new Error('nothing is released here; expected release-after-file.ts among the setupFiles')
  releases.push(release)
}

/** What a failed test of this file prints, beside its error: what a program said that ran in it. */
export function showAtFailure(witness: () => string): void {
  witnesses.push(witness)
}

export function showWitnesses(): void {
  for (const witness of witnesses) console.log(witness())
}

/** From here on what is to be released will be. */
export function beginFile(): void {
  isSetUp = true
}

export async function releaseFile(): Promise<void> {
  witnesses.length = 0
  const failures: unknown[] = []
  // One that fails keeps none of the others from being released.
  for (const release of releases.splice(0).toReversed()) await release().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
