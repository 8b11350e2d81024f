import type { FieldFault } from '@importer/contracts'
import type { z } from 'zod'

import { showText } from '../compatible-api/upload-form.ts'
import { ApiError } from '../http/api-error.ts'

/** The query as its schema has it. Throws 400 with every fault in it. */
export function readQuery<Schema extends z.ZodObject>(schema: Schema, query: unknown): z.output<Schema> {
  const result = schema.safeParse(query)
  if (result.success) return result.data
  const [first, ...others] = describeIssues(result.error, query)
  throw new ApiError(400, [first, ...others])
}

/** What a schema has to say against an object, as faults of its fields. */
export function describeIssues(error: z.ZodError, value: unknown): [FieldFault, ...FieldFault[]] {
  const faults = error.issues.flatMap((issue): FieldFault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        code: 'UNKNOWN_FIELD',
        field: key,
        message: `${showText(key)} is not known here; expected one that the documentation lists`,
      }))
    }
    const field = String(issue.path[0] ?? 'body')
    return [{ code: 'INVALID_VALUE', field, message: `${field} is ${show(value, field)}; ${issue.message}` }]
  })
  const [first, ...others] = faults
  if (first === undefined) throw new Error('a value was refused without a reason')
  return [first, ...others]
}

function show(value: unknown, field: string): string {
  if (typeof value !== 'object' || value === null || !(field in value)) return 'missing'
  const held = (value as Record<string, unknown>)[field]
  return typeof held === 'string' ? `"${showText(held)}"` : 'no text'
}
