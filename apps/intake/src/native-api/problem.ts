import { STATUS_CODES } from 'node:http'

import type { ApiError } from '../http/api-error.ts'
import type { Answer } from '../http/send-answer.ts'

/** Problem details (RFC 9457). `code` is stable; `errors` is there when more than one thing is wrong. */
export function renderProblem({ status, faults, message, details }: ApiError): Answer {
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: faults[0]?.code,
    detail: message,
    ...(faults.length > 1 ? { errors: faults } : {}),
    ...details,
  }
  return { status, contentType: 'application/problem+json; charset=utf-8', body: JSON.stringify(problem) }
}
