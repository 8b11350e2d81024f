import { client, type AnswerOf } from './client.ts'

export type Inspection = AnswerOf<'inspectFile'>

/** The beginning of a file says how it is to be read: 1 MiB, and a little so that a record of 1 MiB is seen whole. */
const HEAD_BYTES = 1_310_720

/** What the importer would read of a file: its own reading, so that preview and import cannot differ. */
export async function inspectFile(
  file: File,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Inspection> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  // The directory of a workbook stands at its end.
  const isWorkbook = /\.xlsx$/i.test(file.name)
  form.set('file', isWorkbook ? file : file.slice(0, HEAD_BYTES), file.name)
  return client.inspectFile({ body: form }, { signal })
}
