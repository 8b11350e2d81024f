import { showText } from '@importer/contracts'
import type { z } from 'zod'

/** One or more variables hold what cannot be used. `message` is one line that names each and says what was expected. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  readonly code = 'INVALID_ENVIRONMENT'
}

/** How one variable is read. `schema` gets the text, or `undefined` when the variable is unset or empty. */
export interface Variable<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  /** What a good value is, to complete "expected …". */
  readonly expected: string
  /** The value must not be shown. */
  readonly secret?: boolean
  /** A name that the variable had before, read for one version more where the new name is not set. */
  readonly oldName?: string
}

export type EnvironmentSchema = Readonly<Record<string, Variable>>
export type EnvironmentOf<Schema extends EnvironmentSchema> = {
  readonly [Name in keyof Schema]: z.output<Schema[Name]['schema']>
}

/**
 * Reads every variable of `schema` from `env`. Empty means unset.
 * Throws an EnvironmentError that names all bad variables at once, each by the name that was set, in one line.
 */
export function parseEnvironment<Schema extends EnvironmentSchema>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<Schema> {
  const values: Record<string, unknown> = {}
  const faults: string[] = []
  for (const [name, variable] of Object.entries(schema)) {
    const newText = readText(env, name)
    const oldText = variable.oldName === undefined ? undefined : readText(env, variable.oldName)
    if (newText !== undefined && oldText !== undefined && newText !== oldText) {
      faults.push(
        `${variable.oldName} ${describeValue(oldText, variable)} and ${name} ${describeValue(newText, variable)}; expected ${name} alone, which is the new name of ${variable.oldName}`,
      )
      continue
    }
    const text = newText ?? oldText
    const result = variable.schema.safeParse(text)
    if (result.success) values[name] = result.data
    else {
      const nameThatWasSet = newText === undefined && oldText !== undefined ? variable.oldName : name
      faults.push(`${nameThatWasSet} ${describeValue(text, variable)}; expected ${variable.expected}`)
    }
  }
  if (faults.length > 0) throw new EnvironmentError(faults.join('. '))
  return values as EnvironmentOf<Schema>
}

/** The variables of `schema` that are set by their old name, for a warning. */
export function findOldNames(
  schema: EnvironmentSchema,
  env: Readonly<Record<string, string | undefined>>,
): { oldName: string; name: string }[] {
  return Object.entries(schema).flatMap(([name, { oldName }]) =>
    oldName !== undefined && readText(env, oldName) !== undefined ? [{ oldName, name }] : [],
  )
}

function readText(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return env[name]?.trim() || undefined
}

function describeValue(text: string | undefined, variable: Variable): string {
  if (text === undefined) return 'is not set'
  if (variable.secret) return 'cannot be used'
  return `is "${showText(text)}"`
}
