/** What a program says to the supervisor that has started it, if one has. */
export type SupervisorMessage =
  | { readonly type: 'ready' }
  /** It is not ready as it waits for a peer, and says so again and again: it hangs no more than the peer does. */
  | { readonly type: 'waiting'; readonly reason: string }

export function notifySupervisor(message: SupervisorMessage): void {
  // One that has ended listens no more, and this process is about to end.
  if (process.connected) process.send?.(message)
}
