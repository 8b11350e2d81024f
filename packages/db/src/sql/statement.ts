/** A statement's text and the names of its parameters in the order of their numbers. */
export interface Statement<Name extends string> {
  readonly text: string
  readonly parameters: readonly Name[]
}

/**
 * Builds a statement from a template that asks for its parameters by name: `p('fencingToken', 'int')` gives `$3::int`.
 * A name keeps its number however often it is asked for.
 */
export function buildStatement<Name extends string>(
  template: (p: (name: Name, type: string) => string) => string,
): Statement<Name> {
  const parameters: Name[] = []
  const text = template((name, type) => {
    let position = parameters.indexOf(name)
    if (position === -1) position = parameters.push(name) - 1
    return `$${position + 1}::${type}`
  })
  return { text, parameters }
}

/** The values of a statement's parameters, in their order. */
export function bindParameters<Name extends string>(
  statement: Statement<Name>,
  values: Readonly<Partial<Record<Name, unknown>>>,
): unknown[] {
  return statement.parameters.map((name) => {
    const value = values[name]
    if (value === undefined) throw new Error(`the statement's parameter "${name}" has no value`)
    return value
  })
}
