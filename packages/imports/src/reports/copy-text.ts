/**
 * The same text in memory of its own. V8 keeps a slice as a reference to what it was cut from: a cell that is kept would
 * keep the whole block of the file.
 */
export function copyText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
