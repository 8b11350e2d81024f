import { ApiError } from '../../http/api-error.ts'

export function endpointDisabled(): ApiError {
  const message = 'the webhook endpoint is disabled or deleted; expected an active one'
  return new ApiError(409, [{ code: 'WEBHOOK_ENDPOINT_DISABLED', field: 'request', message }])
}

export function tooManySecrets(): ApiError {
  const message = 'the secret was rotated four times within 24 hours; expected a pause until the earliest has ended'
  return new ApiError(409, [{ code: 'ROTATED_TOO_OFTEN', field: 'request', message }])
}
