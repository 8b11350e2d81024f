/**
 * How OOXML writes characters that XML cannot hold: `_x000D_` (ECMA-376 part 1, 22.9.2.19, ST_Xstring); a text that
 * looks so by itself has its underscore written that way.
 */
const WRITTEN = /_x([0-9A-Fa-f]{4})_/g
const LOOKS_WRITTEN = /_(?=x[0-9A-Fa-f]{4}_)/g
const NOT_XML =
  /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text
  return text.replaceAll(WRITTEN, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The text of an element; white space is kept where the element says `xml:space="preserve"`. */
export function escapeText(text: string): string {
  return text
    .replaceAll(LOOKS_WRITTEN, '_x005F_')
    .replaceAll(NOT_XML, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replaceAll(/[&<>]/g, (character) => MARKUP[character] ?? character)
}
