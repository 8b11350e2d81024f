import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'

import { afterFile } from './after-file.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

/** Whether this machine has openssl. Use it as `describe.skipIf(!hasOpenssl())`; in CI a missing one is an error. */
export function hasOpenssl(): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return true
  const message = 'there is no openssl on this machine'
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so nothing is tested over TLS here (Debian: apt-get install openssl)`)
  return false
}

export interface TestCertificate {
  /** Of the authority that a process has to trust: it signed itself. */
  readonly file: string
  readonly context: SecureContext
}

/** A certificate for localhost that no process trusts by itself. */
export async function makeCertificate(): Promise<TestCertificate> {
  const folder = await makeTemporaryFolder()
  const [key, file] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2']
  const made = spawnSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', file])
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr.toString()}`)
  return { file, context: createSecureContext({ key: await readFile(key), cert: await readFile(file) }) }
}

export interface TlsProxy {
  readonly port: number
  /** How many connections became encrypted ones. */
  readonly secured: number
}

/** What a client of PostgreSQL asks for encryption by: https://www.postgresql.org/docs/18/protocol-message-formats.html, SSLRequest. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/**
 * A way to a server on this machine that takes encrypted connections alone. `postgres`: encryption is asked for in plain text first, and
 * who does not ask is cut off.
 */
export async function startTlsProxy(
  target: URL,
  { context }: TestCertificate,
  protocol: 'postgres' | 'plain' = 'plain',
): Promise<TlsProxy> {
  const open = new Set<Socket>()
  const state = { secured: 0 }

  async function serve(client: Socket): Promise<void> {
    if (protocol === 'postgres') {
      const [request] = (await once(client, 'data')) as [Buffer]
      if (!request.equals(SSL_REQUEST)) {
        client.destroy()
        return
      }
      client.pause()
      client.write('S')
    }
    const secure = new TLSSocket(client, { isServer: true, secureContext: context })
    secure.on('error', () => client.destroy())
    await once(secure, 'secure')
    state.secured += 1
    const server = connect(Number(target.port), target.hostname)
    open.add(server)
    server.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => server.destroy())
    secure.pipe(server).pipe(secure)
  }

  const proxy = createServer((client) => {
    open.add(client)
    client.on('error', () => client.destroy())
    // A client that does not trust the certificate is gone before it is served.
    serve(client).catch(() => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  afterFile(async () => {
    proxy.close()
    for (const socket of open) socket.destroy()
  })
  const { port } = proxy.address() as AddressInfo
  return {
    port,
    get secured() {
      return state.secured
    },
  }
}
