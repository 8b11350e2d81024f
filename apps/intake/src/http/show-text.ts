const SHOWN_CHARACTERS = 60

/** A client's text, short enough and clean enough for a message. */
export function showText(text: string): string {
  const clean = text.replaceAll(/\p{C}/gu, '\uFFFD')
  return clean.length > SHOWN_CHARACTERS ? `${clean.slice(0, SHOWN_CHARACTERS)}…` : clean
}
