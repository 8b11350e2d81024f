export { countExpected, type ExpectedCounts } from './expected-counts.ts'
export { describeDemo, type DemoSpec, type DemoWorld } from './demo-world.ts'
export { writeReference } from './write-reference.ts'
export { DEMO_COLUMNS, writeRedemptions } from './write-redemptions.ts'
