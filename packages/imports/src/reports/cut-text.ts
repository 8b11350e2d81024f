/** The text in pieces of about so many characters, none of which is cut in two. They share its memory. */
export function* cutText(text: string, pieceCharacters: number): Generator<string, void, undefined> {
  for (let at = 0; at < text.length;) {
    let end = at + pieceCharacters
    const unit = text.charCodeAt(end - 1)
    // The first half of a character that has two.
    if (unit >= 0xd800 && unit <= 0xdbff) end += 1
    yield text.slice(at, end)
    at = end
  }
}

/**
 * The same text in memory of its own. V8 keeps a slice as a reference to what it was cut from: a cell that is kept would
 * keep the whole block of the file.
 */
export function copyText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
