import type { z } from 'zod'

import type { FieldFault } from './field-fault.ts'

/** For whoever passes schemas on without knowing what they are made with. */
export type AnySchema = z.ZodType
export type OutputOf<Schema extends AnySchema> = z.output<Schema>

export type CheckedValue<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly [FieldFault, ...FieldFault[]] }

/** A value by its schema, or everything that is wrong with it. `whole` names the value itself in a fault: `body`, `query`. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  whole: string,
): CheckedValue<z.output<Schema>> {
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  const [first, ...others] = result.error.issues.flatMap((issue) => toFaults(issue, whole))
  if (first === undefined) throw new Error('a value was refused without a reason')
  return { ok: false, faults: [first, ...others] }
}

function toFaults(issue: z.core.$ZodIssue, whole: string): FieldFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((field) => ({
      code: 'UNKNOWN_FIELD',
      field,
      message: `${field} is not known; expected none`,
    }))
  }
  const field = issue.path.length === 0 ? whole : issue.path.join('.')
  return [{ code: 'INVALID_VALUE', field, message: `${field}: ${issue.message}` }]
}
