/** Control characters and what changes the direction of text: a file's content must not steer the terminal. */
const STEERING = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text from a file, a client or a server, in one line and as nothing but text. */
export function toPlainText(text: string): string {
  return text.replaceAll(STEERING, (character) => (/\s/.test(character) ? ' ' : '\uFFFD'))
}
