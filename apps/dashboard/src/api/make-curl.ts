import { addressOf, methodOf, type CallOf, type OperationName } from './client.ts'

/** For a shell: nothing in the text can end the quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * The command that makes this call. The key stands for itself as `$KEY`: the page does not know it. A form's file is
 * named with `@`.
 */
export function makeCurl<Name extends OperationName>(
  name: Name,
  call: Omit<CallOf<Name>, 'body'>,
  body?: { readonly json?: unknown; readonly form?: Readonly<Record<string, string>> },
): string {
  const method = methodOf(name)
  const parts = ['curl -sS']
  if (method !== 'GET') parts.push(`-X ${method}`)
  parts.push('-H "Authorization: Bearer $KEY"')
  if (body?.json !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `--data ${quote(JSON.stringify(body.json))}`)
  }
  for (const [field, value] of Object.entries(body?.form ?? {})) {
    parts.push(`${value.startsWith('@') ? '-F' : '--form-string'} ${quote(`${field}=${value}`)}`)
  }
  parts.push(quote(`${window.location.origin}${addressOf(name, call)}`))
  return parts.join(' \\\n  ')
}
