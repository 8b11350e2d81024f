import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { readProcessStart, resolvesWithin } from '@importer/runtime'

import type { RawEnvironment } from './env.ts'
import { findLastMessage } from './find-last-message.ts'
import type { RunningProcess } from './supervise-process.ts'

const READY_TIMEOUT_MS = 60_000
const REAP_TIMEOUT_MS = 10_000
const POLL_MS = 10
const TAIL_CHARACTERS = 4_096

export interface ChildOptions {
  /** absolute path of its main.ts, or of the bundle that was made of it */
  readonly entry: string
  readonly nodeArgs?: readonly string[]
  readonly env: RawEnvironment
  /** where running children are noted down, so that the next start finds those which outlived a killed supervisor */
  readonly registry: string
  /** gets everything that it prints */
  readonly write: (chunk: Buffer) => void
  /** how long it may take to end on SIGTERM, before SIGKILL */
  readonly stopTimeoutMs: number
  /** gets, each time that it says so, why it is not ready: the peer that it waits for */
  readonly onWaiting?: (reason: string) => void
  /** how long it may take to be ready, from its start or from when it said last what it waits for; a minute unless given */
  readonly readyTimeoutMs?: number
}

export interface Child extends RunningProcess {
  /** Resolves when it has sent the ready signal over IPC; rejects when it ended first, or took too long and did not say why. */
  readonly ready: Promise<void>
  /** The end of what it has printed, some kilobytes. */
  readTail(): string
}

/**
 * Starts one of our programs as a child process with an IPC channel: the child says `{type: 'ready'}` there, or that it is
 * `waiting` for a peer, and ends when the channel does. Its session is its own, so that Ctrl-C in a terminal reaches the supervisor alone, which ends
 * the children in their order.
 */
export function spawnChild(options: ChildOptions): Child {
  const { entry, nodeArgs = [], env, registry, write, stopTimeoutMs, readyTimeoutMs = READY_TIMEOUT_MS } = options
  const loader = entry.endsWith('.ts') ? ['--import', locateTsx()] : ['--enable-source-maps']
  const child = spawn(process.execPath, [...nodeArgs, ...loader, entry], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const forget = noteDownOrKill(registry, child)

  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString('utf8')).slice(-TAIL_CHARACTERS)
      write(chunk)
    })
  }

  let hasEnded = false
  let isOverdue = false
  const exited = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      if (hasEnded) return
      hasEnded = true
      forget()
      resolve(how)
    }
    child.once('error', (error) => end(error.message))
    // Not at its exit: what it said last is still on the way.
    child.once('close', (code, signal) => {
      const how = signal ?? `exit code ${code}`
      end(isOverdue ? `${how}, as it had not ended ${stopTimeoutMs / 1000} s after SIGTERM` : how)
    })
  })
  const ready = new Promise<void>((resolve, reject) => {
    const timedOut = () => reject(new Error(`not ready within ${readyTimeoutMs / 1000} s`))
    const timer = setTimeout(timedOut, readyTimeoutMs)
    const settle = (end: () => void): void => {
      clearTimeout(timer)
      end()
    }
    child.on('message', (message) => {
      if (isReadyMessage(message)) settle(resolve)
      const reason = readWaitingMessage(message)
      if (reason === null) return
      timer.refresh()
      options.onWaiting?.(reason)
    })
    exited.then((how) => settle(() => reject(new Error(how))), reject)
  })
  // Its failure is also that of whoever waits for it; somebody else may only wait for the end.
  ready.catch(() => undefined)

  async function stop(): Promise<void> {
    if (hasEnded) return
    child.kill('SIGTERM')
    if (await resolvesWithin(exited, stopTimeoutMs)) return
    isOverdue = true
    child.kill('SIGKILL')
    await exited
  }

  return { exited, ready, readTail: () => tail, stop }
}

/** {@link spawnChild} as something to supervise: resolves when it is ready, leaves nothing behind otherwise. */
export async function startChild(options: ChildOptions, signal: AbortSignal): Promise<RunningProcess> {
  signal.throwIfAborted()
  const child = spawnChild(options)
  // Stopped, it is never ready: the wait ends with it.
  let stopped: Promise<void> | undefined
  const onAbort = (): void => {
    stopped = child.stop()
  }
  signal.addEventListener('abort', onAbort)
  try {
    await child.ready
    return child
  } catch (error) {
    await (stopped ?? child.stop())
    signal.throwIfAborted()
    const how = error instanceof Error ? error.message : String(error)
    throw new Error(describeEnd(how, child.readTail()), { cause: error })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Runs one to its end. Throws when that is not a good one. */
export async function runChild(name: string, options: ChildOptions, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const child = spawnChild(options)
  let stopped: Promise<void> | undefined
  const onAbort = (): void => {
    stopped = child.stop()
  }
  signal?.addEventListener('abort', onAbort)
  try {
    const how = await child.exited
    await stopped
    signal?.throwIfAborted()
    if (how !== 'exit code 0') throw new Error(`${name} failed: ${describeEnd(how, child.readTail())}`)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function describeEnd(how: string, output: string): string {
  const lastMessage = findLastMessage(output)
  return lastMessage === null ? how : `${how}: ${lastMessage}`
}

function isReadyMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
}

function readWaitingMessage(message: unknown): string | null {
  const isWaiting = typeof message === 'object' && message !== null && 'type' in message && message.type === 'waiting'
  return isWaiting && 'reason' in message ? String(message.reason) : null
}

function locateTsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
}

/** One that is not noted down would run on unsupervised, beside the one that is started in its place. */
function noteDownOrKill(registry: string, child: ChildProcess): () => void {
  try {
    return noteDown(registry, child.pid)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function noteDown(registry: string, pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined
  mkdirSync(registry, { recursive: true, mode: 0o700 })
  const note = join(registry, `${pid}.${readProcessStart(pid)}`)
  writeFileSync(note, '', { mode: 0o600 })
  return () => rmSync(note, { force: true })
}

/**
 * Kills what is noted down and still alive: children of a supervisor that was killed. They end by themselves when they
 * notice, but finish their work first, and the port and the jobs are wanted now. Returns how many there were.
 */
export async function reapChildren(registry: string): Promise<number> {
  mkdirSync(registry, { recursive: true, mode: 0o700 })
  let count = 0
  for (const name of readdirSync(registry)) {
    const [pid, start] = name.split('.')
    const isAlive = (): boolean => readProcessStart(Number(pid)) === start
    if (isAlive()) {
      count += 1
      killIfThere(Number(pid))
      const deadline = Date.now() + REAP_TIMEOUT_MS
      while (isAlive()) {
        if (Date.now() > deadline) throw new Error(`process ${pid} of an earlier run does not end`)
        await delay(POLL_MS)
      }
    }
    rmSync(join(registry, name), { force: true })
  }
  return count
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
