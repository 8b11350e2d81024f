/** Queues, ids and policy of jobs are spelled in one module: programs that differ in them would lose each other's jobs. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
/** What adds, takes or finds jobs. */
const HOMES = ['apps/intake', 'apps/migrate', 'apps/worker', ...listPackages()]
const SPELLING = /(?:import|prepare|revert|webhook)-(?:\$\{|%s)|'(?:preparations|reverts)'|removeOn(?:Complete|Fail)/

test('job ids, queues and the policy of jobs are spelled in packages/contracts/src/jobs.ts alone', () => {
  const files = HOMES.flatMap((home) =>
    readdirSync(path.join(REPOSITORY, home, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(?!generated\/).*(?<!\.test)\.ts$/.test(file))
      .map((file) => `${home}/src/${file}`),
  )
  const spelling = files.filter((file) => SPELLING.test(readFileSync(path.join(REPOSITORY, file), 'utf8')))
  expect(spelling).toEqual(['packages/contracts/src/jobs.ts'])
})

function listPackages(): string[] {
  return readdirSync(path.join(REPOSITORY, 'packages')).map((name) => `packages/${name}`)
}
