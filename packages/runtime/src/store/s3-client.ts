import { S3Client, S3ServiceException } from '@aws-sdk/client-s3'

const CONNECT_TIMEOUT_MS = 5_000
/** How long a connection may stand still within a request. */
const SOCKET_TIMEOUT_MS = 15_000
/** How long one request may take until its answer begins: a part of 8 MiB at 140 kB/s. */
const ANSWER_TIMEOUT_MS = 60_000

/** Credentials and region come from the standard environment, files and instance roles that the SDK knows. */
export async function createS3Client(endpoint: string | undefined): Promise<S3Client> {
  const common = {
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  }
  if (endpoint === undefined) return new S3Client(common)
  const options = {
    ...common,
    endpoint,
    forcePathStyle: true,
    // Other servers do not all know the newer checksums, which the SDK adds to everything by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const
  const client = new S3Client(options)
  try {
    await client.config.region()
    return client
  } catch {
    // No region is configured. Such servers have none, but requests are signed with one: this is the usual name.
    return new S3Client({ ...options, region: 'us-east-1' })
  }
}

/** There is no such object; of a bucket that is not there, or another server's page, that cannot be said. */
export function isNoSuchKey(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchKey'
}

/** The multipart upload was finished or aborted. */
export function isNoSuchUpload(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchUpload'
}

/** The range begins behind the end of the object. */
export function isInvalidRange(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416
}

/** Something was there already, or is being written at the same time. */
export function isPreconditionFailed(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
  return status === 412 || status === 409
}
