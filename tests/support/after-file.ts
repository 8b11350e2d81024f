const releases: (() => Promise<void>)[] = []
let isSetUp = false

/**
 * Releases something when the test file is done, after the file's own hooks, what came last first. A module must not say
 * so by a hook of its own: test files of one process share the module, which is loaded for the first of them alone.
 */
export function afterFile(release: () => Promise<void>): void {
  if (!isSetUp) throw new Error('nothing is released here; expected release-after-file.ts among the setupFiles')
  releases.push(release)
}

/** From here on what is to be released will be. */
export function beginFile(): void {
  isSetUp = true
}

export async function releaseFile(): Promise<void> {
  for (const release of releases.splice(0).toReversed()) await release()
}
