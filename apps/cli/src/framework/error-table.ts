import type { Session } from './session.ts'

interface ShownError {
  readonly rowNumber: number
  readonly line: number
  readonly column: string | null
  readonly value: string
  readonly code: string
  readonly message: string
}

/** Errors of rows, one a line. */
export function drawErrorTable(session: Session, errors: readonly ShownError[]): string {
  const rows = errors.map(({ rowNumber, line, column, value, code, message }) => [
    String(rowNumber),
    String(line),
    column ?? '',
    value,
    code,
    message,
  ])
  return session.table(['row', 'line', 'column', 'value', 'code', 'message'], rows, { right: [0, 1] })
}
