import type { BenchSystem } from './bench-system.ts'
import type { ScriptRun } from './opponents/psql-by-hand.ts'
import { startBackendMeter } from './processor-time.ts'
import { median } from './statistics.ts'
import { findWorkerPid, readCpuSeconds } from './worker-process.ts'

/** Processor seconds (user and system) for each million rows; null where processes cannot be looked at. */
export interface CpuPerMillion {
  /** PostgreSQL's sessions of the worker */
  readonly ours_database_cpu: number | null
  /** the worker's own process */
  readonly ours_worker_cpu: number | null
  /** PostgreSQL's session that ran the script */
  readonly psql_cpu: number | null
}

/** Processor time of both sides over the pairs of one comparison, of which the medians are reported. */
export class CpuTimes {
  readonly #rows: number
  readonly #database: (number | null)[] = []
  readonly #worker: (number | null)[] = []
  readonly #psql: (number | null)[] = []

  /** `rows`: of the file that each side imports */
  constructor(rows: number) {
    this.#rows = rows
  }

  async measureOurs<Result>(system: BenchSystem, work: () => Promise<Result>): Promise<Result> {
    const pid = process.platform === 'linux' ? findWorkerPid(system.dataDir) : null
    const workerBefore = pid === null ? 0 : readCpuSeconds(pid)
    const meter = await startBackendMeter(system.sql, 'worker')
    const result = await work()
    this.#database.push(await meter.read())
    this.#worker.push(pid === null ? null : readCpuSeconds(pid) - workerBefore)
    return result
  }

  addTheirs({ cpuSeconds }: ScriptRun): void {
    this.#psql.push(cpuSeconds)
  }

  summarize(): CpuPerMillion {
    return {
      ours_database_cpu: this.#perMillion(this.#database),
      ours_worker_cpu: this.#perMillion(this.#worker),
      psql_cpu: this.#perMillion(this.#psql),
    }
  }

  #perMillion(seconds: readonly (number | null)[]): number | null {
    const known = seconds.filter((each) => each !== null)
    return known.length === 0 ? null : (median(known) / this.#rows) * 1e6
  }
}
