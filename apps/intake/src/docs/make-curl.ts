import type { COMPATIBLE_OPERATIONS, OpenOperation, Operation, OPERATIONS, PathParameter } from '@importer/contracts'

type Documented = (typeof OPERATIONS & typeof COMPATIBLE_OPERATIONS)[keyof (typeof OPERATIONS &
  typeof COMPATIBLE_OPERATIONS)]
type AnyParameter = PathParameter<Documented['path']>

/**
 * What stands in an example for each parameter of a path: the series and the till are those of `docs/examples`, and who has
 * just begun has an import 1.
 */
export const EXAMPLE_PARAMETERS: Readonly<Record<AnyParameter, string | number>> = {
  seriesId: 953_234,
  couponSeriesId: 953_234,
  kind: 'tills',
  id: 17,
  importId: 1,
  rowNumber: 2,
  keyId: 1,
  endpointId: 1,
  deliveryId: 1,
  name: 'tills',
}

export function fillPath(path: string, parameters: Readonly<Record<string, string | number>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_text, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`there is no example of ${name}`)
    return String(value)
  })
}

/**
 * A call of an operation for a shell in the importer's own folder, in which `KEY` is an API key: what the operation's entry
 * in the table says, and nothing else.
 */
export function makeCurl(operation: OpenOperation & Partial<Pick<Operation, 'role'>>, serverUrl: string): string {
  const { method, path, success, role, example = {} } = operation
  const { query, form = {}, json, file } = example
  const body = [
    ...Object.entries(form).map(([name, value]) => `-F ${quote(`${name}=${value}`)}`),
    ...(json === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(json))}`]),
    ...(file === undefined ? [] : ["-H 'Content-Type: text/csv'", `--data-binary @${file}`]),
  ]
  // curl itself makes a POST of what has a body.
  const usual = body.length === 0 ? 'get' : 'post'
  const flags = [
    'curl -sS',
    ...(success.some(({ contentType }) => contentType === 'text/event-stream') ? ['-N'] : []),
    ...(method === usual ? [] : [`-X ${method.toUpperCase()}`]),
    ...(role === undefined ? [] : ['-H "Authorization: Bearer $KEY"']),
  ]
  const url = `${serverUrl}${fillPath(path, EXAMPLE_PARAMETERS)}${query === undefined ? '' : `?${query}`}`
  // Quoted whatever it holds: the document is made once and its address is put in later.
  return [flags.join(' '), ...body, `'${url}'`].join(' \\\n  ')
}

/** As a shell takes it: bare where it can be. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
