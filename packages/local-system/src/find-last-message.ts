/**
 * Why a program ended, out of the end of what it printed: the message of the last error in its JSON log, else its last
 * line. Null when it said nothing.
 */
export function findLastMessage(output: string): string | null {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const reason = lines.map(readLoggedError).findLast((message) => message !== null)
  return reason ?? lines.findLast((line) => !line.startsWith('{')) ?? lines.at(-1) ?? null
}

function readLoggedError(line: string): string | null {
  if (!line.startsWith('{')) return null
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch (error) {
    // The beginning of a line that was cut off, or no log at all.
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (!isRecord(entry) || (entry['level'] !== 'error' && entry['level'] !== 'fatal')) return null
  const message = isRecord(entry['err']) ? entry['err']['message'] : entry['msg']
  return typeof message === 'string' ? (message.split('\n')[0] ?? null) : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
