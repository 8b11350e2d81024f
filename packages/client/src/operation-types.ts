import type { Operation, OPERATIONS, PathParameter } from '@importer/contracts'
import type { z } from 'zod'

/** What the operations of the contract take and give, as the compiler reads it from their schemas. */

export type OperationTable = Readonly<Record<string, Operation>>
export type OperationName = keyof typeof OPERATIONS

/** A value as the schema takes it (text, on the wire) or as it gives it (a number, say). */
type OnTheWire<Value> = Value extends string | number | boolean | undefined ? Value : never
type QueryOf<Schema> = Schema extends z.ZodType
  ? string extends keyof z.input<Schema>
    ? unknown
    : {
        readonly [Name in keyof z.input<Schema>]:
          | OnTheWire<z.input<Schema>[Name]>
          | (Name extends keyof z.output<Schema> ? OnTheWire<z.output<Schema>[Name]> : never)
      }
  : never

type Body<Type, Schema extends z.ZodType> = Type extends 'application/json'
  ? z.input<Schema>
  : Type extends 'text/csv'
    ? Blob | string
    : FormData
type BodyOf<One> = One extends { body: { contentType: infer Type; schema: infer Schema extends z.ZodType } }
  ? undefined extends Body<Type, Schema>
    ? { readonly body?: Body<Type, Schema> }
    : { readonly body: Body<Type, Schema> }
  : unknown

/** What a call of an operation names: its path's and its query's parameters, and its body. */
export type CallTo<One extends Operation> = {
  readonly [Parameter in PathParameter<One['path']>]: string | number
} & QueryOf<One['query']> &
  BodyOf<One>

/** What a call gives: what the JSON says, or the answer itself where it is a file or a stream, or nothing. */
export type AnswerTo<One extends Operation> =
  Extract<One['success'][number], { schema: z.ZodType }> extends never
    ? Extract<One['success'][number], { contentType: string }> extends never
      ? undefined
      : Response
    : z.output<Extract<One['success'][number], { schema: z.ZodType }>['schema']>

export type CallOf<Name extends OperationName> = CallTo<(typeof OPERATIONS)[Name]>
export type AnswerOf<Name extends OperationName> = AnswerTo<(typeof OPERATIONS)[Name]>

export type ImportView = AnswerOf<'showImport'>
