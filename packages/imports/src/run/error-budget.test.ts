import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createErrorBudget, PermanentImportError } from './error-budget.ts'

/** Whether the import is stopped, with some rows from before it was taken up and some since. */
function isStopped(
  limits: { maxErrors?: number; maxErrorRatio?: number },
  before: [rows: number, rejected: number],
  since: [rows: number, rejected: number],
): boolean {
  const counts = { rows: before[0], inserted: before[0] - before[1], duplicates: 0, rejected: before[1] }
  const budget = createErrorBudget({ counts, maxErrors: null, maxErrorRatio: null, ...limits })
  try {
    budget.check({ rows: since[0], rejected: since[1] })
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(PermanentImportError)
    expect(error).toMatchObject({ code: 'ERROR_BUDGET_EXCEEDED' })
    return true
  }
}

test.each<[string, Parameters<typeof isStopped>, boolean]>([
  ['no limit, all rejected', [{}, [0, 0], [5_000, 5_000]], false],
  ['as many errors as may be', [{ maxErrors: 3 }, [0, 0], [10, 3]], false],
  ['one more', [{ maxErrors: 3 }, [0, 0], [10, 4]], true],
  ['no error may be, and there is none', [{ maxErrors: 0 }, [0, 0], [10, 0]], false],
  ['no error may be, and there is one', [{ maxErrors: 0 }, [0, 0], [1, 1]], true],
  ['one more, with those from before it was taken up', [{ maxErrors: 3 }, [100, 2], [10, 2]], true],
  ['too many from before alone', [{ maxErrors: 3 }, [100, 4], [0, 0]], true],
  ['the share that may be', [{ maxErrorRatio: 0.1 }, [0, 0], [1_000, 100]], false],
  ['a larger share', [{ maxErrorRatio: 0.1 }, [0, 0], [1_000, 101]], true],
  ['a larger share of too few rows', [{ maxErrorRatio: 0.1 }, [0, 0], [999, 999]], false],
  ['a larger share of enough rows with those from before', [{ maxErrorRatio: 0.1 }, [999, 100], [1, 1]], true],
  ['no share may be, and there is one', [{ maxErrorRatio: 0 }, [0, 0], [1_000, 1]], true],
  ['the whole may be', [{ maxErrorRatio: 1 }, [0, 0], [1_000, 1_000]], false],
  ['a share that may be, of too many', [{ maxErrors: 5, maxErrorRatio: 0.5 }, [0, 0], [1_000, 6]], true],
  ['a number that may be, of too large a share', [{ maxErrors: 900, maxErrorRatio: 0.5 }, [0, 0], [1_000, 600]], true],
])('%s', (_name, given, expected) => expect(isStopped(...given)).toBe(expected))

test('how its rows fall before and after it was taken up makes no difference', () => {
  const limits = fc.record(
    { maxErrors: fc.nat(20), maxErrorRatio: fc.double({ min: 0, max: 1, noNaN: true }) },
    { requiredKeys: [] },
  )
  const rows = fc.integer({ min: 0, max: 3_000 }).chain((all) => fc.tuple(fc.constant(all), fc.nat(all)))
  fc.assert(
    fc.property(limits, rows, rows, (given, before, since) => {
      const whole: [number, number] = [before[0] + since[0], before[1] + since[1]]
      expect(isStopped(given, before, since)).toBe(isStopped(given, [0, 0], whole))
    }),
  )
})

test('only with a limit batches are small, and the reason says what was found and what was expected', () => {
  const counts = { rows: 0, inserted: 0, duplicates: 0, rejected: 0 }
  expect(createErrorBudget({ counts, maxErrors: null, maxErrorRatio: null }).maxBatchRows).toBe(Infinity)
  const budget = createErrorBudget({ counts, maxErrors: 2, maxErrorRatio: null })
  expect(budget.maxBatchRows).toBe(1_000)
  expect(() => budget.check({ rows: 7, rejected: 3 })).toThrow('3 of 7 rows were rejected; expected at most 2')
})
