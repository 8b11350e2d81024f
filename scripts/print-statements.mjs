/**
 * Prints the statement of a batch for each strategy, for a real import and a dry run, as psql takes it: `PREPARE` makes each
 * known by its name, for `EXPLAIN EXECUTE`. It is that of a file with a mobile, a coupon code and every optional column.
 */
import { OPTIONAL_KEYS } from '../packages/contracts/src/index.ts'
import { commitBatch, STRATEGY_NAMES } from '../packages/db/src/sql/commit-batch.ts'

for (const strategy of STRATEGY_NAMES) {
  for (const dryRun of [false, true]) {
    const shape = { customers: ['mobile'], coupons: ['couponCode'], optional: OPTIONAL_KEYS, strategy, dryRun }
    const { text, parameters } = commitBatch(shape)
    const name = `${strategy.replaceAll('-', '_')}${dryRun ? '_dry_run' : ''}`
    const numbered = parameters.map((parameter, index) => `$${index + 1} ${parameter}`).join(', ')
    console.log(`-- ${numbered}\nPREPARE ${name} AS${text};\n`)
  }
}
