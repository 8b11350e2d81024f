import { median } from './statistics.ts'

/** One after the other, under the same conditions. Seconds. */
export interface Pair {
  readonly ours: number
  readonly theirs: number
}

/** Ours, theirs, ours, theirs …: what changes on the machine meanwhile changes for both. Each measures itself. */
export async function measurePairs(
  count: number,
  sides: { readonly ours: () => Promise<number>; readonly theirs: () => Promise<number> },
): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (let i = 0; i < count; i += 1) pairs.push({ ours: await sides.ours(), theirs: await sides.theirs() })
  return pairs
}

export interface Comparison {
  readonly ours_seconds: number
  readonly theirs_seconds: number
  /** how many times as fast as theirs: the median of the pairs' own ratios */
  readonly ratio: number
  readonly pairs: readonly Pair[]
}

/** For times of the same work: less is faster. */
export function compareTimes(pairs: readonly Pair[]): Comparison {
  return {
    ours_seconds: median(pairs.map(({ ours }) => ours)),
    theirs_seconds: median(pairs.map(({ theirs }) => theirs)),
    ratio: median(pairs.map(({ ours, theirs }) => theirs / ours)),
    pairs,
  }
}

/** Runs `work` and gives how long it took, in seconds. */
export async function timeSeconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}
