/** A stream of random numbers that is the same for the same seed, on every machine. */
export interface Random {
  /** a whole number from 0 to `limit - 1`; `limit` at most 2^32 */
  below(limit: number): number
}

/** 32 bits in, 32 well-mixed bits out (the finalizer of MurmurHash3). */
function mix(bits: number): number {
  let mixed = bits
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

const STEP = 0x9e3779b9

/** The numbers that belong to `index`: whoever asks for row 7 need not draw the rows before it. */
export function createRandom(seed: number, index: number): Random {
  let state = mix(mix(seed) ^ Math.imul(index + 1, STEP))
  return {
    below(limit) {
      state = (state + STEP) | 0
      return Math.floor((mix(state) / 2 ** 32) * limit)
    },
  }
}
