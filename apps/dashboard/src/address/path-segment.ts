/**
 * A part of the page's path, from 0, as text. The router decodes a path as a whole, which leaves some characters as they
 * were and cannot tell them from such as were meant.
 */
export function readPathSegment(index: number): string {
  const segment = window.location.pathname.split('/')[index + 1] ?? ''
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    // Somebody has typed it.
    if (error instanceof URIError) return segment
    throw error
  }
}
