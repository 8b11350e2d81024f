import { showText, type FieldFault } from '@importer/contracts'
import type { z } from 'zod'

import { ApiError } from '../http/api-error.ts'

/** A value as its schema has it. Throws 400 with every fault in it; `whole` names the value itself: `query`, `body`. */
export function checkValue<Schema extends z.ZodType>(schema: Schema, value: unknown, whole: string): z.output<Schema> {
  const result = schema.safeParse(value, { error: describeExpectation })
  if (result.success) return result.data
  throw new ApiError(400, describeIssues(result.error, value, whole))
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}
const FORMATS: Readonly<Record<string, string>> = { datetime: 'an instant such as 2026-05-31T18:45:00Z' }

/** What was expected, where the schema itself has no message: zod's own are for programmers. Undefined leaves it to zod. */
export function describeExpectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`
  if (issue.code === 'too_small') return `expected at least ${issue.minimum}`
  if (issue.code === 'too_big') return `expected at most ${issue.maximum}`
  if (issue.code === 'invalid_format') return `expected ${FORMATS[issue.format] ?? issue.format}`
  return undefined
}

/** What a schema has to say against a value, as faults of its fields. */
export function describeIssues(error: z.ZodError, value: unknown, whole = 'body'): [FieldFault, ...FieldFault[]] {
  const faults = error.issues.flatMap((issue): FieldFault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        code: 'UNKNOWN_FIELD',
        field: key,
        message: `${showText(key)} is not known here; expected one that the documentation lists`,
      }))
    }
    const field = issue.path.length === 0 ? whole : issue.path.join('.')
    return [{ code: 'INVALID_VALUE', field, message: `${field} is ${show(value, issue.path)}; ${issue.message}` }]
  })
  const [first, ...others] = faults
  if (first === undefined) throw new Error('a value was refused without a reason')
  return [first, ...others]
}

/** What stands at a path, in a few words. */
function show(whole: unknown, path: readonly PropertyKey[]): string {
  let held = whole
  for (const part of path) {
    held = typeof held === 'object' && held !== null ? (held as Record<PropertyKey, unknown>)[part] : undefined
  }
  if (typeof held === 'string') return `"${showText(held)}"`
  if (held === undefined) return 'missing'
  return Array.isArray(held) ? 'a list' : typeof held === 'object' && held !== null ? 'an object' : JSON.stringify(held)
}
