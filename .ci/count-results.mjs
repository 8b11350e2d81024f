/**
 * `node count-results.mjs <results.json> <exit status>` prints `passed failed skipped`. Reads what vitest's JSON
 * reporter writes, and the same three counts by name.
 */
import fs from 'node:fs'

const [, , file, exitStatus] = process.argv
const { passed, failed, skipped } = readCounts()
// Exit status and counts must agree: a suite that did not load, or results that are not there, are no success.
const untold = failed === 0 && (exitStatus !== '0' || passed === 0) ? 1 : 0
console.log(passed, failed + untold, skipped)

function readCounts() {
  if (!fs.existsSync(file)) return { passed: 0, failed: 0, skipped: 0 }
  const results = JSON.parse(fs.readFileSync(file, 'utf8'))
  if (results.numTotalTests === undefined) return results
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests,
    skipped: results.numPendingTests + results.numTodoTests,
  }
}
