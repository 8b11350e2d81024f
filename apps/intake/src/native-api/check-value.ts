import { showText, type FieldFault } from '@importer/contracts'
import type { z } from 'zod'

import { ApiError } from '../http/api-error.ts'

/** A value as its schema has it. Throws 400 with every fault in it; `whole` names the value itself: `query`, `body`. */
export function checkValue<Schema extends z.ZodType>(schema: Schema, value: unknown, whole: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new ApiError(400, describeIssues(result.error, value, whole))
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
