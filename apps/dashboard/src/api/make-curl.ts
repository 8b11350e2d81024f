import { addressOf, methodOf, type CallOf, type OperationName } from './client.ts'

/** For a shell: nothing in the text can end the quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * The command that makes this call. The key stands for itself as `$KEY`: the page does not know it. Fields of a form are sent
 * as text whatever they begin with: curl takes `@` and `<` for files where it is given `-F`.
 */
export function makeCurl<Name extends OperationName>(
  name: Name,
  call: Omit<CallOf<Name>, 'body'>,
  body?: { readonly json?: unknown; readonly form?: Readonly<Record<string, string>>; readonly file?: string },
): string {
  const method = methodOf(name)
  const parts = ['curl -sS']
  if (method !== 'GET') parts.push(`-X ${method}`)
  parts.push('-H "Authorization: Bearer $KEY"')
  if (body?.json !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `--data ${quote(JSON.stringify(body.json))}`)
  }
  for (const [field, value] of Object.entries(body?.form ?? {})) {
    parts.push(`--form-string ${quote(`${field}=${value}`)}`)
  }
  // In quotes, or curl would end the name at a `;` or `,`.
  if (body?.file !== undefined) parts.push(`-F ${quote(`file=@"${body.file.replaceAll(/["\\]/g, '\\$&')}"`)}`)
  parts.push(quote(`${window.location.origin}${addressOf(name, call)}`))
  return parts.join(' \\\n  ')
}
