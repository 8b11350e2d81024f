/** What is not seen and may steer a terminal or a log; the joiners of scripts and emoji are part of what is seen. */
const UNSEEN = /(?![\u200c\u200d])\p{C}/gu

/** Text of a client, a file or a server in one line and as nothing but text. */
export function toPlainText(text: string): string {
  return text.replaceAll(UNSEEN, (character) => (/\s/.test(character) ? ' ' : '\uFFFD'))
}

/** {@link toPlainText}, short enough for a message: longer text ends in `…`. */
export function showText(text: string, maxCharacters = 60): string {
  if (text.length <= maxCharacters) return toPlainText(text)
  const characters = Array.from(text.slice(0, 2 * maxCharacters + 2))
  const isCut = characters.length > maxCharacters
  return toPlainText(characters.slice(0, maxCharacters).join('')) + (isCut ? '…' : '')
}
