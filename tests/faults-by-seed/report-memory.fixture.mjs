/** Loaded before a program (`NODE_OPTIONS=--import`): on SIGUSR2 it prints what its heap holds when all garbage is collected. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
let reports = 0

process.on('SIGUSR2', () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  reports += 1
  process.stderr.write(`{"memoryReport":${reports},"heldBytes":${heapUsed + external}}\n`)
})
