import path from 'node:path'

import type { Reporter, TestModule } from 'vitest/node'

const COUNT = 10

/** Ends a run with its slowest test files: where it is worth to look when the whole takes too long. */
export default class SlowestFilesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= COUNT) return
    const timed = modules.map((module) => {
      const { collectDuration, setupDuration, duration } = module.diagnostic()
      return { file: path.relative(process.cwd(), module.moduleId), loadMs: setupDuration + collectDuration, duration }
    })
    const slowest = timed.toSorted((a, b) => b.loadMs + b.duration - (a.loadMs + a.duration)).slice(0, COUNT)
    console.log(`\n The ${COUNT} slowest of ${modules.length} test files (seconds: loading it, its tests)`)
    for (const { file, loadMs, duration } of slowest) {
      console.log(` ${seconds(loadMs)} ${seconds(duration)}  ${file}`)
    }
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1).padStart(6)
}
