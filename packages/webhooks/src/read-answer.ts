/** How much of an answer is kept. */
const KEPT_BYTES = 1024
/** A receiver that sends more than this is not listened to any longer. */
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Reads an answer's body to its end, or until it is too long to care, and gives its first 1 kB as text that does no harm
 * to a log, a terminal or a page: control and invisible characters, and bytes that are no UTF-8, are replaced.
 */
export async function readAnswer(body: AsyncIterable<Uint8Array>): Promise<string> {
  const kept: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    if (bytes < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - bytes))
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) break
  }
  return makeShowable(Buffer.concat(kept))
}

function makeShowable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/[^\P{C}\n\t]/gu, '\uFFFD')
}
