const MAX_STEM_CHARACTERS = 100
const MAX_EXTENSION_CHARACTERS = 16

/**
 * The name under which an upload is shown: the client's name, the time and the series, as the documented system has it
 * (`couponCode_1603263533789_953234.csv`). Never a path: folders and control characters are dropped, the length is cut.
 */
export function makeDisplayName(originalName: string, receivedAt: Date, seriesId: bigint): string {
  const name = (originalName.split(/[/\\]/).at(-1) ?? '').replaceAll(/\p{C}/gu, '').trim().replace(/^\.+/, '')
  const dot = name.lastIndexOf('.')
  const stem = dot > 0 ? name.slice(0, dot) : name
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION_CHARACTERS ? name.slice(dot) : ''
  const shown = [...stem].slice(0, MAX_STEM_CHARACTERS).join('') || 'upload'
  return `${shown}_${receivedAt.getTime()}_${seriesId}${extension}`
}
