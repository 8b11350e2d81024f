import type { Socket } from 'node:net'

/** Of bytes in which requests may begin so many are parsed at a time: at most some 15 of the shortest requests. */
const HEAD_BYTES = 256
/** Of a body whose end only its own bytes tell: after it, too, requests may follow. */
const CHUNKED_BODY_BYTES = 16 * 1024

/** Whether bodies are read. While many connections wait to be accepted they are not, for a moment. */
export interface BodyGate {
  isClosed(): boolean
  /** Calls back, once, when it is open. */
  onOpen(resume: () => void): void
}

/** How a connection's bytes reach Node's HTTP parser. */
export interface PacedReading {
  /** A request began whose body has so many bytes; `Infinity`: its end is not known. */
  expectBody(bytes: number): void
  /** Gives the parser nothing more, and reads no more than what has arrived. */
  hold(): void
  /** Goes on where it was held. */
  release(): void
}

/**
 * Gives the bytes of a connection to the HTTP parser in small pieces, outside of bodies. Node parses each read of 64 KiB as
 * a whole: 2,500 requests, 20 ms of one iteration of the event loop, for every connection that sends so much at once.
 *
 * Call it when the HTTP server has taken the connection. Node's parser then reads from the socket's handle itself; with a
 * listener for `data` it is given what the stream gives. The stream's own `push` and `_read`, by which a socket hands over
 * what it reads, are where the pieces are cut.
 */
export function paceReading(socket: Socket, gate: BodyGate): PacedReading {
  const push = socket.push.bind(socket)
  const readOn = socket._read.bind(socket)
  /** What has arrived and was not given on; null: the end. */
  const arrived: (Buffer | null)[] = []
  let bodyBytes = 0
  let isHeld = false
  let isRequested = false
  let isAtGate = false

  function give(chunk: Buffer | null): boolean {
    bodyBytes = Math.max(0, bodyBytes - (chunk?.length ?? 0))
    return push(chunk)
  }

  function pieceBytes(): number {
    return bodyBytes === Infinity ? CHUNKED_BODY_BYTES : Math.max(HEAD_BYTES, bodyBytes)
  }

  function givePiece(): void {
    const next = arrived.shift()
    if (next === undefined) return
    const bytes = pieceBytes()
    if (next === null || next.length <= bytes) give(next)
    else {
      arrived.unshift(next.subarray(bytes))
      give(next.subarray(0, bytes))
    }
  }

  function waits(): boolean {
    if (isHeld) return true
    if (bodyBytes === 0 || !gate.isClosed()) return false
    if (!isAtGate) gate.onOpen(passGate)
    isAtGate = true
    return true
  }

  function passGate(): void {
    isAtGate = false
    if (!isHeld) goOn()
  }

  function goOn(): void {
    if (!isRequested) return
    isRequested = false
    givePiece()
  }

  socket.push = (chunk: Buffer | null) => {
    if (arrived.length === 0 && !waits() && (chunk === null || chunk.length <= pieceBytes())) return give(chunk)
    arrived.push(chunk)
    if (waits()) isRequested = true
    else givePiece()
    // Until the stream asks for more than has arrived, nothing more is read.
    return false
  }
  socket._read = (size) => {
    if (arrived.length === 0) readOn(size)
    else if (waits()) isRequested = true
    else givePiece()
  }
  const ignore = (): void => undefined
  socket.on('data', ignore).off('data', ignore)

  return {
    expectBody(bytes) {
      bodyBytes = bytes
    },
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      goOn()
    },
  }
}
