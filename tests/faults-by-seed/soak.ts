import { compareFootprints } from './compare-footprints.ts'
import type { DisturbedCluster } from './disturbed-cluster.ts'
import { takeFootprint, waitUntilQuiet, type Footprint } from './footprint.ts'
import { startMixedLoad, type MixedLoad } from './mixed-load.ts'

/** Something has grown that must not. */
class GrowthError extends Error {
  override readonly name = 'GrowthError'
}

/** Mixed imports beside the steps of a run, and what the system holds on to after some of them and after all. */
export class Soak {
  readonly #disturbed: DisturbedCluster
  readonly #load: MixedLoad
  #first: Footprint | null = null

  private constructor(disturbed: DisturbedCluster, load: MixedLoad) {
    this.#disturbed = disturbed
    this.#load = load
  }

  static async start(disturbed: DisturbedCluster, seed: number): Promise<Soak> {
    return new Soak(disturbed, await startMixedLoad(disturbed.cluster, seed))
  }

  get isWarm(): boolean {
    return this.#first !== null
  }

  /** Takes the sample that the last one is compared with; the load stands still meanwhile. */
  async takeFirstSample(): Promise<void> {
    this.#first = await this.#sample()
    console.log(`warm after ${JSON.stringify(this.#load.counts)}`)
    this.#load.resume()
  }

  /** Ends the load. Throws a GrowthError where something is above what it may be. */
  async finish(): Promise<void> {
    const last = await this.#sample()
    if (this.#first === null) throw new GrowthError('the run ended before it was warm: run it for longer')
    const { lines, grown } = compareFootprints(this.#first, last)
    console.log(`beside the steps: ${JSON.stringify(this.#load.counts)}\n${lines.join('\n')}`)
    if (grown.length > 0) throw new GrowthError(`what has grown:\n${grown.join('\n')}`)
  }

  async #sample(): Promise<Footprint> {
    await this.#load.pause()
    await waitUntilQuiet(this.#disturbed.ownerUrl)
    return takeFootprint(this.#disturbed.measuredParts)
  }
}
