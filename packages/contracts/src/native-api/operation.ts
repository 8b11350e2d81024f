import type { z } from 'zod'

import type { Role } from '../roles.ts'

/** What an operation answers with when all is well. */
export interface Success {
  readonly status: number
  readonly description: string
  /** JSON of this shape, or else a body of this content type; neither: no body. */
  readonly schema?: z.ZodType
  /** What an answer of that shape looks like: a test holds it to the schema. */
  readonly example?: unknown
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Success with JSON. */
export function answer<Schema extends z.ZodType>(
  status: number,
  description: string,
  schema: Schema,
  example: unknown,
) {
  return { status, description, schema, example }
}

/** One operation as data, and one that anybody may call. */
export interface OpenOperation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With its parameters in braces; all of them are whole numbers but `kind` and `name`. */
  readonly path: string
  readonly tag:
    | 'imports'
    | 'profiles'
    | 'actions'
    | 'results'
    | 'redemptions'
    | 'reference'
    | 'keys'
    | 'webhooks'
    | 'compatible'
    | 'service'
  readonly summary: string
  readonly description?: string
  readonly query: z.ZodObject
  readonly headers?: Readonly<Record<string, string>>
  /** JSON is read and checked before the operation is carried out; every other body is the operation's own to read. */
  readonly body?: { readonly contentType: string; readonly schema: z.ZodType }
  /** What an example of a call has beside its path. Files are those of this repository. */
  readonly example?: {
    readonly query?: string
    readonly form?: Readonly<Record<string, string>>
    readonly json?: object
    readonly file?: string
  }
  readonly success: readonly Success[]
  /** The errors beside 400, 401, 403, 429 and 500, which all have. */
  readonly errors?: Readonly<Record<number, string>>
}

/** An operation that needs a key: what is mounted, documented, called and walked through by a test. */
export interface Operation extends OpenOperation {
  /** What the key must be allowed to do. */
  readonly role: Role
}

/** The names in the braces of a path. */
export type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never
