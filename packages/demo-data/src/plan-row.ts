import type { DemoWorld } from './demo-world.ts'
import { BAD_KINDS, type RowKind } from './row-kinds.ts'

/** One row of the file before it is written. Numbers of coupon, customer and till count from 0. */
export interface PlannedRow {
  readonly kind: RowKind
  readonly coupon: number
  readonly customer: number
  readonly till: number
  readonly redeemedMs: number
  /** for what else has to be drawn */
  readonly random: Random
}

const OF = 10_000
const BAD_OF = 100
const REPEATED_OF = 10

/**
 * Row `index` (from 0) of a world. A function of both alone, so that the reference data and the file, each written
 * without the other, agree on what is wrong with a row's coupon.
 */
export function planRow(world: DemoWorld, index: number): PlannedRow {
  const random = createRandom(world.spec.seed, index)
  const kind = chooseKind(random, index)
  const own = {
    kind,
    coupon: couponOfRow(world, index),
    customer: random.below(world.customers),
    till: random.below(world.tills),
    redeemedMs: world.fromMs + random.below((world.tillMs - world.fromMs) / 1000) * 1000 + random.below(1000),
    random,
  }
  if (kind !== 'repeated' && kind !== 'redeemedBefore') return own
  const earlier = findEarlierGoodRow(world, index)
  // The first in the file has won: the same again is a duplicate, another time a second redemption.
  if (kind === 'repeated') return { ...earlier, kind }
  return { ...earlier, kind, redeemedMs: earlier.redeemedMs + 1000 }
}

function chooseKind(random: Random, index: number): RowKind {
  const lot = random.below(OF)
  const bad = BAD_KINDS[random.below(BAD_KINDS.length)] ?? 'good'
  // The first row is good, so that every other one has a good row before it.
  if (index === 0) return 'good'
  if (lot < BAD_OF) return bad
  return lot < BAD_OF + REPEATED_OF ? 'repeated' : 'good'
}

function findEarlierGoodRow(world: DemoWorld, index: number): PlannedRow {
  for (let earlier = index - 1; ; earlier -= 1) {
    const row = planRow(world, earlier)
    if (row.kind === 'good') return row
  }
}

/**
 * Rows name their coupons in no order, each its own: an affine permutation of the coupons' numbers, whose step is about
 * the golden section of them all, so that neighbours in the file are far apart in the table.
 */
export function couponOfRow({ spec: { rows } }: DemoWorld, index: number): number {
  return (chooseStep(rows) * index + Math.floor(rows / 3)) % rows
}

/** The reverse of {@link couponOfRow}. */
export function createRowOfCoupon({ spec: { rows } }: DemoWorld): (coupon: number) => number {
  const inverse = invert(chooseStep(rows), rows)
  const shift = Math.floor(rows / 3)
  // Factors of at most ten million: their product is exact in a double.
  return (coupon) => (inverse * ((coupon - shift + rows) % rows)) % rows
}

const GOLDEN_SECTION = 0.618_033_988_75
const steps = new Map<number, number>()

/** The first number from the golden section on that has no divisor in common with `rows`. */
function chooseStep(rows: number): number {
  let step = steps.get(rows)
  if (step === undefined) {
    step = Math.max(1, Math.floor(rows * GOLDEN_SECTION))
    while (findCommonDivisor(step, rows) !== 1) step += 1
    steps.set(rows, step)
  }
  return step
}

function findCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : findCommonDivisor(b, a % b)
}

/** The extended Euclidean algorithm: x with `value * x ≡ 1 (mod modulus)`. */
function invert(value: number, modulus: number): number {
  let [remainder, nextRemainder] = [modulus, value]
  let [x, nextX] = [0, 1]
  while (nextRemainder !== 0) {
    const quotient = Math.floor(remainder / nextRemainder)
    ;[remainder, nextRemainder] = [nextRemainder, remainder - quotient * nextRemainder]
    ;[x, nextX] = [nextX, x - quotient * nextX]
  }
  return ((x % modulus) + modulus) % modulus
}

/** A stream of random numbers that is the same for the same seed, on every machine. */
interface Random {
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
function createRandom(seed: number, index: number): Random {
  let state = mix(mix(seed) ^ Math.imul(index + 1, STEP))
  return {
    below(limit) {
      state = (state + STEP) | 0
      return Math.floor((mix(state) / 2 ** 32) * limit)
    },
  }
}
