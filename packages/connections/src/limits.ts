/**
 * The limit of every wait for a peer, in milliseconds. A peer that dies closes its connections or fails keep-alive probes;
 * one that falls silent behind a proxy does neither, and only the limit of the request itself ends the wait. Whatever runs
 * into a limit is unavailable: the connection is destroyed, never used again, and the caller tries on another one.
 */
export const LIMITS = {
  connectMs: 5_000,
  /** How long a connection is idle before it is probed; the operating system's own two hours are none. */
  keepAliveDelayMs: 10_000,
  database: {
    /** In the server, so that a statement nobody waits for any longer stops and gives up its locks. */
    statementMs: 25_000,
    /** In the client, above the server's: whose answer has not come by now comes from a peer that is gone. */
    requestMs: 30_000,
    /** For a session that was left within a transaction, its client silent. PostgreSQL 17 and later. */
    transactionMs: 30_000,
    /** The same between two statements, in any version. */
    idleInTransactionMs: 10_000,
    /** For data that the other side does not acknowledge. */
    unacknowledgedMs: 20_000,
    closeMs: 2_000,
  },
  queue: {
    /** Whoever adds a job has a client waiting: it hears soon that the queue is away. */
    requestMs: 5_000,
    /** A worker may wait, but not for ever on a connection that died without a word. */
    workerRequestMs: 30_000,
    longestReconnectMs: 1_000,
  },
  storage: {
    /** Within a request nothing is sent and nothing arrives. */
    silenceMs: 15_000,
    /** From the beginning of a request to that of its answer: a part of 5 MiB at 90 kB/s. */
    answerMs: 60_000,
    /** All the bytes of an answer, at most 4 MiB at 140 kB/s: one that trickles is never silent. */
    bodyMs: 30_000,
  },
  webhook: {
    /** One attempt, from the look-up of the receiver's name to the end of its answer. */
    attemptMs: 15_000,
  },
} as const
