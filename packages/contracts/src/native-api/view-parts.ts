import { z } from 'zod'

/** What the answers of the native API have in common. */

export const id = z.int().min(0)
export const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC' })

/** A page of a list; `name` is that of the page in the document. */
export function pageOf<Item extends z.ZodType>(item: Item, name: string) {
  const nextCursor = z
    .string()
    .nullable()
    .meta({ description: 'Give it as `cursor` for the next page; null: this was the last' })
  return z.strictObject({ items: z.array(item), nextCursor }).meta({ id: name })
}
