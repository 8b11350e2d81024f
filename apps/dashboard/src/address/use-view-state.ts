import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import { z } from 'zod'

type Change<State> = { readonly [Name in keyof State]?: State[Name] | undefined }

interface Options {
  /** Whether the browser's way back leads to the state before. Typing does not fill the history. */
  readonly replace?: boolean
}

/** A whole number in an address, as text. */
export function digits(most: number) {
  return z.string().regex(new RegExp(`^\\d{1,${most}}$`))
}

/**
 * The state of a view as its address has it, by a schema whose every field is optional or has a default. What no schema
 * takes counts as not there, so that no address breaks a view.
 */
export function useViewState<Schema extends z.ZodObject>(
  schema: Schema,
): [z.output<Schema>, (change: Change<z.output<Schema>>, options?: Options) => void] {
  const search = useSearch()
  const [path, navigate] = useLocation()
  const state = useMemo(() => parseState(schema, search), [schema, search])
  const setState = useCallback(
    (change: Change<z.output<Schema>>, { replace = false }: Options = {}) => {
      const text = writeState({ ...parseState(schema, window.location.search), ...change })
      navigate(text === '' ? path : `${path}?${text}`, { replace })
    },
    [navigate, path, schema],
  )
  return [state, setState]
}

function parseState<Schema extends z.ZodObject>(schema: Schema, search: string): z.output<Schema> {
  const given = Object.fromEntries(new URLSearchParams(search))
  const known = Object.entries(schema.shape).filter(([name, field]) => {
    return given[name] !== undefined && (field as z.ZodType).safeParse(given[name]).success
  })
  return schema.parse(Object.fromEntries(known.map(([name]) => [name, given[name]])))
}

/** As a query, without what is not set. */
function writeState(state: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(state)) {
    if (value !== undefined && value !== '') query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return query.toString()
}
