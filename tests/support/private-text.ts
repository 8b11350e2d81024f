/**
 * What no program of ours may print, as the tests have it: API keys, webhook secrets, mobiles and e-mails. The first start
 * prints the key that it has made, in a line of its own.
 */
const PRIVATE = /test-key-0123456789abcdef|\brik_[\w-]{10,}|\bwhsec_[\w+/=]{10,}|9199000000\d\d|[\w.]@example\.\w/
const NEW_KEY = /^API key: /

/** Searches what a program prints, as it comes. */
export class PrivateTextSearch {
  #rest = ''
  readonly found: string[] = []

  search(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (PRIVATE.test(line) && !NEW_KEY.test(line)) this.found.push(line)
  }
}
