import { z } from 'zod'

export type Json = Record<string, unknown>

/** Bytes, as OpenAPI 3.1 has them: a schema without a type, since no type of JSON fits. */
export const BINARY: Json = { contentMediaType: 'application/octet-stream', format: 'binary' }

/** The schemas of a document that have an id, with all that they are made of. */
export class SchemaComponents {
  readonly #schemas = new Map<string, Json>()

  /** A reference to a schema that has an id, or the schema itself. `input` is what a client sends, before defaults. */
  refer(schema: z.ZodType, io: 'input' | 'output'): Json {
    const root = toJsonSchema(schema, io)
    for (const [id, definition] of Object.entries((root['$defs'] ?? {}) as Record<string, Json>)) {
      this.#schemas.set(id, toComponent(definition))
    }
    const id = z.globalRegistry.get(schema)?.id
    if (id === undefined) return toComponent(root)
    if (!this.#schemas.has(id)) this.#schemas.set(id, toComponent(root))
    return { $ref: `#/components/schemas/${id}` }
  }

  /** All of them, by their id in the order of the alphabet. */
  toJson(): Json {
    return Object.fromEntries([...this.#schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/**
 * A schema as JSON Schema. In what a client sends, a default is reported in words: what makes programs of documents takes a
 * member with a default for one that is always there.
 */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  return z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema instanceof z.ZodFile) {
        for (const name of ['type', 'contentEncoding']) delete (jsonSchema as Json)[name]
        Object.assign(jsonSchema, BINARY)
      }
      if (io === 'input' && jsonSchema.default !== undefined) {
        const { default: value, description } = jsonSchema
        delete jsonSchema.default
        const words = `Default: \`${typeof value === 'string' ? value : JSON.stringify(value)}\``
        jsonSchema.description = description === undefined ? words : `${description}. ${words}`
      }
    },
  }) as Json
}

const NOT_OF_A_COMPONENT = ['$schema', '$defs', 'id']

/** A schema as it stands among the components: their place is where it refers to. */
function toComponent(schema: Json): Json {
  const kept = Object.fromEntries(Object.entries(schema).filter(([name]) => !NOT_OF_A_COMPONENT.includes(name)))
  return JSON.parse(JSON.stringify(kept).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
}
