import { FAULT_CODES, FAULTS } from './fault-codes.ts'

/** Every code of a refused request with its statuses, as a table in Markdown. */
export function renderFaultTable(): string {
  const rows = FAULT_CODES.flatMap((code) =>
    Object.entries(FAULTS[code]).map(([status, when]) => `| \`${code}\` | ${status} | ${when} |`),
  )
  return ['| code | status | when |', '| --- | --- | --- |', ...rows].join('\n')
}
