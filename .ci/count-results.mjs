/**
 * `node count-results.mjs <results.json> <exit status> <failures.txt>` prints `passed failed skipped`, and appends what
 * failed and why to the second file: the end of a long log names it. Reads what vitest's JSON reporter writes, and the
 * same three counts by name.
 */
import fs from 'node:fs'
import path from 'node:path'

const LINES_OF_A_FAILURE = 40

const [, , file, exitStatus, failuresFile] = process.argv
const { passed, failed, skipped } = readCounts()
// Exit status and counts must agree: a suite that did not load, or results that are not there, are no success.
const untold = failed === 0 && (exitStatus !== '0' || passed === 0) ? 1 : 0
console.log(passed, failed + untold, skipped)

function readCounts() {
  if (!fs.existsSync(file)) return { passed: 0, failed: 0, skipped: 0 }
  const results = JSON.parse(fs.readFileSync(file, 'utf8'))
  if (results.numTotalTests === undefined) return results
  for (const suite of results.testResults) noteFailures(suite)
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests,
    skipped: results.numPendingTests + results.numTodoTests,
  }
}

/** A file that did not load has no test that failed: its message is the suite's own. */
function noteFailures(suite) {
  const name = path.relative(process.cwd(), suite.name)
  for (const test of suite.assertionResults) {
    if (test.status === 'failed') note(`${name} > ${test.fullName}`, test.failureMessages.join('\n'))
  }
  if (suite.status === 'failed' && suite.message) note(name, suite.message)
}

function note(name, message) {
  const lines = message.split('\n').slice(0, LINES_OF_A_FAILURE)
  fs.appendFileSync(failuresFile, `--- ${name}\n${lines.join('\n')}\n`)
}
