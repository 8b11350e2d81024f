import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Connection {
  isBusy: boolean
  readonly waiting: (readonly [IncomingMessage, ServerResponse])[]
}

/** What one read of 64 KiB can hold of the shortest requests: an honest client has a few. */
const MAX_WAITING_PER_CONNECTION = 2_500
const MAX_WAITING = 4_000
const MAX_LISTENERS = 20

/**
 * Answers the requests of a connection one at a time: the next one begins in a later turn of the event loop, after the
 * answer before it went out. Node parses all requests of a read at once and would have all of them answered in one turn,
 * and their answers kept until the client reads them. A connection that sends ahead more than is kept is closed.
 */
export function oneAtATime(app: RequestListener): RequestListener {
  const connections = new WeakMap<Socket, Connection>()
  let waitingInAll = 0

  function open(socket: Socket): Connection {
    const connection: Connection = { isBusy: false, waiting: [] }
    connections.set(socket, connection)
    socket.once('close', () => {
      waitingInAll -= connection.waiting.length
      connection.waiting.length = 0
    })
    return connection
  }

  function start(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    connection.isBusy = true
    // A streamed answer has one for each stage that it passes.
    response.setMaxListeners(MAX_LISTENERS)
    response.once('close', () => {
      setImmediate(() => {
        connection.isBusy = false
        const next = connection.waiting.shift()
        if (next === undefined) return
        waitingInAll -= 1
        if (connection.waiting.length === 0) request.socket.resume()
        start(connection, ...next)
      })
    })
    app(request, response)
  }

  return (request, response) => {
    const { socket } = request
    const connection = connections.get(socket) ?? open(socket)
    if (!connection.isBusy) {
      start(connection, request, response)
      return
    }
    if (connection.waiting.length >= MAX_WAITING_PER_CONNECTION || waitingInAll >= MAX_WAITING) {
      socket.destroy()
      return
    }
    waitingInAll += 1
    connection.waiting.push([request, response])
    // The request under way is read to its end already: what comes now can wait outside.
    socket.pause()
  }
}
