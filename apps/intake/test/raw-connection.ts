import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawConnection {
  readonly socket: Socket
  /** Everything that came back so far. */
  received(): string
  /** Waits until what came back matches; rejects when the connection ends before. */
  waitFor(pattern: RegExp): Promise<string>
  /** Waits until the server has closed the connection, and gives everything that came back. */
  waitForEnd(): Promise<string>
}

/** A bare TCP connection, to send what no HTTP client would. */
export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  let ended = false
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      socket.once('data', () => resolve()).once('close', () => resolve())
    })
  // A reset is one way for a connection to end.
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    ended = true
  })
  return {
    socket,
    received: () => text,
    async waitFor(pattern) {
      while (!pattern.test(text)) {
        if (ended) throw new Error(`the connection ended before ${pattern}: ${text}`)
        await changed()
      }
      return text
    },
    async waitForEnd() {
      while (!ended) await changed()
      return text
    },
  }
}

const BOUNDARY = 'test-boundary'

export const MULTIPART_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** The bytes of a multipart body: the fields, then a file part that is not ended. */
export function beginMultipart(fields: Readonly<Record<string, string>>, file: string): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n`
  return `${parts.join('')}${head}${file}`
}

export function endMultipart(): string {
  return `\r\n--${BOUNDARY}--\r\n`
}

/** The head of a request, as given. */
export function writeHead(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ Host: 'intake.test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}
