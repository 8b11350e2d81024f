import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

import { S3Client, S3ServiceException, type S3ClientConfig } from '@aws-sdk/client-s3'
import { LIMITS } from '@importer/connections'

const CONNECTIONS = { keepAlive: true, keepAliveMsecs: LIMITS.keepAliveDelayMs, maxSockets: 50 }

/** Credentials and region come from the standard environment, files and instance roles that the SDK knows. */
export async function createS3Client(endpoint: string | undefined): Promise<S3Client> {
  const agents = [new HttpAgent(CONNECTIONS), new HttpsAgent(CONNECTIONS)] as const
  const client = await createClient(endpoint, {
    requestHandler: {
      httpAgent: agents[0],
      httpsAgent: agents[1],
      connectionTimeout: LIMITS.connectMs,
      socketTimeout: LIMITS.storage.silenceMs,
      requestTimeout: LIMITS.storage.answerMs,
      throwOnRequestTimeout: true,
    },
  })
  // Connections that were left by the same silence would each cost the next request the same wait.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        if (error instanceof Error && error.name === 'TimeoutError') agents.forEach(closeIdle)
        throw error
      }
    },
    { step: 'deserialize', name: 'closeIdleConnections' },
  )
  return client
}

function closeIdle({ freeSockets }: HttpAgent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

async function createClient(endpoint: string | undefined, common: S3ClientConfig): Promise<S3Client> {
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
