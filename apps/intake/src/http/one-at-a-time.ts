import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import type { ApiError } from './api-error.ts'
import type { Drain } from './drain.ts'
import { paceReading, type BodyGate, type PacedReading } from './paced-reading.ts'
import { describeUnreadable, openRefusal } from './refuse-unreadable.ts'
import type { Served } from './served.ts'

interface Connection {
  readonly socket: Socket
  isBusy: boolean
  /** The request that has begun, until its answer went out. */
  current: readonly [IncomingMessage, ServerResponse] | null
  /** Why nothing more can be read. It is the answer to what came last, so it goes out behind all others. */
  refusal: ApiError | null
  readonly reading: PacedReading
  readonly waiting: (readonly [IncomingMessage, ServerResponse])[]
}

/** Of all connections together, some 3 kB each. An honest client sends few ahead, if any. */
const MAX_WAITING = 4_000
/** How long the server starts new requests in one iteration of the event loop; the remaining ones start in later iterations. */
const SLICE_MS = 15
/** How long an iteration starts the remaining ones: shorter, so that a new request starts at once. */
const LATER_SLICE_MS = 5
/** How long bodies wait while connections are accepted, and how long they are read then, however many connections come. */
const GATE_MS = 250

export interface OrderedRequests {
  /** For each connection that the HTTP server has taken. */
  readonly onConnection: (socket: Socket) => void
  readonly onRequest: RequestListener
  /** For each connection of which something could not be read, each time. */
  readonly onUnreadable: (error: Error, socket: Socket) => void
}

/**
 * Answers the requests of a connection one at a time: the next one begins in a later iteration of the event loop, after the
 * answer before it went out. Node would answer all requests of a read in one iteration, and keep their answers until the
 * client reads them. While one waits, nothing more of its connection is read; where too many of all wait, a connection
 * that sends more ahead is closed. Where many connections send a request at the same moment, the server starts requests
 * until the time slice is used up, and the others in later iterations.
 */
export function oneAtATime(app: Served, drain: Pick<Drain, 'track' | 'release'>): OrderedRequests {
  const connections = new WeakMap<Socket, Connection>()
  /** Whose only request waits for time alone. */
  const fresh: Connection[] = []
  /** Whose next request was sent ahead, and can begin. */
  const ready: Connection[] = []
  let waitingInAll = 0
  let isScheduled = false
  /** When this iteration of the event loop started its first request; null: it has started none. */
  let sliceStartedAt: number | null = null
  /**
   * For so many iterations of the event loop, this one included, more connections may wait to be accepted. Node (libuv 1.46)
   * accepts one in each iteration: of sixty clients that connect at once the last waits for sixty iterations, before anything
   * of it can be read. So these start no more requests than they must.
   */
  let acceptingFor = 0
  /** When bodies began to wait for it last; they wait for a while, and are read for as long. */
  let gateClosedAt = -Infinity
  let atGate: (() => void)[] = []
  // With many bodies to read, an iteration takes as long as it takes to read from each, and accepts one connection.
  const gate: BodyGate = {
    isClosed: () => acceptingFor > 0 && performance.now() - gateClosedAt < GATE_MS,
    onOpen: (resume) => atGate.push(resume),
  }

  function onConnection(socket: Socket): void {
    open(socket)
    if (performance.now() - gateClosedAt >= 2 * GATE_MS) gateClosedAt = performance.now()
    if (acceptingFor === 0) setImmediate(countIteration)
    acceptingFor = 2
  }

  function countIteration(): void {
    acceptingFor -= 1
    if (acceptingFor > 0) setImmediate(countIteration)
    if (gate.isClosed()) return
    const waiting = atGate
    atGate = []
    for (const resume of waiting) resume()
  }

  function hasTime(): boolean {
    if (sliceStartedAt !== null) return acceptingFor === 0 && performance.now() - sliceStartedAt < SLICE_MS
    sliceStartedAt = performance.now()
    setImmediate(() => {
      sliceStartedAt = null
    })
    return true
  }

  function open(socket: Socket): Connection {
    const reading = paceReading(socket, gate)
    const connection: Connection = { socket, isBusy: false, current: null, refusal: null, reading, waiting: [] }
    connections.set(socket, connection)
    socket.once('close', () => {
      waitingInAll -= connection.waiting.length
      connection.waiting.length = 0
    })
    return connection
  }

  function start(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    connection.isBusy = true
    connection.current = [request, response]
    drain.track(response)
    response.once('close', () => {
      drain.release(response)
      setImmediate(() => endRequest(connection))
    })
    app.answer(request, response)
    refuseUnreadable(connection)
  }

  function endRequest(connection: Connection): void {
    connection.current = null
    if (connection.waiting.length > 0) {
      startSoon(ready, connection)
      return
    }
    connection.isBusy = false
    refuseUnreadable(connection)
  }

  function onUnreadable(error: Error, socket: Socket): void {
    const connection = connections.get(socket)
    const refusal = describeUnreadable(error)
    if (connection === undefined || refusal === null) {
      socket.destroy()
      return
    }
    // Whatever else arrives is as unreadable.
    if (connection.refusal !== null) return
    connection.refusal = refusal
    refuseUnreadable(connection)
  }

  /** Once all requests before it are answered: as the answer to a request whose body it is in, else to one of its own. */
  function refuseUnreadable(connection: Connection): void {
    const { refusal, waiting, current, socket } = connection
    if (refusal === null || waiting.length > 0) return
    if (current !== null) {
      const [request, response] = current
      if (request.complete) return
      if (!response.headersSent) response.setHeader('Connection', 'close')
      // Once the answer is out Node closes no request whose connection breaks, and a reader of its body would wait.
      response.once('close', () => request.destroy())
      app.refuse(refusal, request, response)
      return
    }
    if (!socket.writable) {
      socket.destroy()
      return
    }
    connection.isBusy = true
    connection.current = openRefusal(socket)
    app.refuse(refusal, ...connection.current)
  }

  function startSoon(queue: Connection[], connection: Connection): void {
    queue.push(connection)
    scheduleNext()
  }

  function scheduleNext(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(startNext)
  }

  /**
   * Starts waiting requests until the time slice is used up, and at least one that was sent ahead: with one only, the last of
   * twenty would wait for twenty iterations of the event loop. What was not sent ahead starts first, or every other client
   * would wait for those who send many requests at once.
   */
  function startNext(): void {
    isScheduled = false
    const until = acceptingFor > 0 ? 0 : performance.now() + LATER_SLICE_MS
    if (fresh.length > 0) {
      do startFirst(fresh)
      while (fresh.length > 0 && performance.now() < until)
    }
    do startFirst(ready)
    while (ready.length > 0 && performance.now() < until)
    if (fresh.length + ready.length > 0) scheduleNext()
  }

  function startFirst(queue: Connection[]): void {
    const connection = queue.shift()
    const next = connection?.waiting.shift()
    // Its client may have gone meanwhile.
    if (connection === undefined || next === undefined) return
    waitingInAll -= 1
    start(connection, ...next)
    if (connection.waiting.length === 0) connection.reading.release()
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const connection = connections.get(socket) ?? open(socket)
    connection.reading.expectBody(bodyBytesOf(request))
    if (!connection.isBusy && hasTime()) {
      start(connection, request, response)
      return
    }
    if (waitingInAll >= MAX_WAITING) {
      socket.destroy()
      return
    }
    waitingInAll += 1
    connection.waiting.push([request, response])
    connection.reading.hold()
    if (connection.isBusy) return
    connection.isBusy = true
    startSoon(fresh, connection)
  }

  return { onConnection, onRequest, onUnreadable }
}

function bodyBytesOf({ headers }: IncomingMessage): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity
}
