import { isUtf8 } from 'node:buffer'

/** How many of the first bytes are looked at to tell text from other things. */
const SAMPLE_BYTES = 4096
/** Fewer odd bytes than this are damage to single records, however short the file. */
const MIN_ODD_BYTES = 16

/** What a file is instead of CSV. */
export interface OtherKind {
  /** Such as "a PNG image". */
  readonly name: string
  /** What to do, where that is more than to upload CSV. */
  readonly remedy?: string
}

interface Signature extends OtherKind {
  /** What stands where, in Latin-1, by offset. */
  readonly marks: Readonly<Record<number, string>>
}

const UTF_16: OtherKind = {
  name: 'a UTF-16 text file',
  remedy: 'expected CSV in UTF-8, or the field encoding=utf-16le with the upload',
}

const SIGNATURES: readonly Signature[] = [
  { name: 'a UTF-32 text file', marks: { 0: '\xff\xfe\0\0' } },
  { name: 'a UTF-32 text file', marks: { 0: '\0\0\xfe\xff' } },
  { ...UTF_16, marks: { 0: '\xff\xfe' } },
  { ...UTF_16, marks: { 0: '\xfe\xff' } },
  { name: 'a zip archive or an Excel workbook (.xlsx)', marks: { 0: 'PK\x03\x04' } },
  { name: 'a zip archive or an Excel workbook (.xlsx)', marks: { 0: 'PK\x05\x06' } },
  { name: 'a zip archive or an Excel workbook (.xlsx)', marks: { 0: 'PK\x07\x08' } },
  { name: 'a gzip archive', marks: { 0: '\x1f\x8b' } },
  { name: 'a 7z archive', marks: { 0: '7z\xbc\xaf\x27\x1c' } },
  { name: 'a rar archive', marks: { 0: 'Rar!\x1a\x07' } },
  { name: 'an xz archive', marks: { 0: '\xfd7zXZ\0' } },
  { name: 'a zstd archive', marks: { 0: '\x28\xb5\x2f\xfd' } },
  { name: 'a bzip2 archive', marks: { 0: 'BZh', 4: '1AY&SY' } },
  { name: 'a PNG image', marks: { 0: '\x89PNG\r\n\x1a\n' } },
  { name: 'a JPEG image', marks: { 0: '\xff\xd8\xff' } },
  { name: 'a GIF image', marks: { 0: 'GIF87a' } },
  { name: 'a GIF image', marks: { 0: 'GIF89a' } },
  { name: 'a WebP image', marks: { 0: 'RIFF', 8: 'WEBP' } },
  { name: 'a RIFF media file', marks: { 0: 'RIFF', 8: 'WAVE' } },
  { name: 'a RIFF media file', marks: { 0: 'RIFF', 8: 'AVI ' } },
  { name: 'a BMP image', marks: { 0: 'BM', 6: '\0\0\0\0' } },
  { name: 'a TIFF image', marks: { 0: 'II*\0' } },
  { name: 'a TIFF image', marks: { 0: 'MM\0*' } },
  { name: 'a PDF document', marks: { 0: '%PDF-' } },
  { name: 'an SQLite database', marks: { 0: 'SQLite format 3\0' } },
  { name: 'a Parquet file', marks: { 0: 'PAR1' } },
  { name: 'a tar archive', marks: { 257: 'ustar' } },
  { name: 'a video or an image of a phone (MP4, HEIC)', marks: { 4: 'ftyp' } },
]

/** Office files of before .xlsx, and those of today that are protected by a password. */
const COMPOUND_FILE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'
/** The entry that holds the protected file, as its directory names it. */
const PROTECTED_ENTRY = Buffer.from('EncryptedPackage', 'utf16le')

/** Texts that are no tables, by how they begin; in Latin-1, behind a byte order mark and blanks. */
const TEXT_KINDS: readonly { readonly name: string; readonly begins: RegExp }[] = [
  { name: 'an HTML page', begins: /^<(?:!doctype\s+html|html|head|body|table|script|meta|!--)/i },
  { name: 'an XML file', begins: /^<(?:\?xml|[a-z][\w.-]*(?::[\w.-]+)?[\s/>])/i },
  {
    name: 'JSON',
    begins:
      /^(?:\{\s*(?:"(?:[^"\\\r\n]|\\.)*"\s*:|\})|\[\s*(?:[{[\]]|"(?:[^"\\\r\n]|\\.)*"\s*[,\]]|-?\d+(?:\.\d+)?\s*[,\]]))/,
  },
  { name: 'an RTF document', begins: /^\{\\rtf/ },
]

/** Fewer NULs in a row than this are damage to a record; more are a hole in the file, such as a disk leaves that was cut off. */
const HOLE = /\0{16,}/g

/**
 * What a file that is no CSV looks like; undefined when it may be CSV. A stray NUL or byte that is no UTF-8 is not enough:
 * that is a fault of one record, and so is a hole of NULs.
 */
export function recognizeOtherKind(head: Uint8Array): OtherKind | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SAMPLE_BYTES))
  const sample = bytes.toString('latin1')
  if (sample.startsWith(COMPOUND_FILE)) return describeCompoundFile(head)
  const signature = SIGNATURES.find(({ marks }) =>
    Object.entries(marks).every(([offset, mark]) => sample.startsWith(mark, Number(offset))),
  )
  if (signature !== undefined) return signature
  const text = sample.replace(/^(?:\xef\xbb\xbf|\s)+/, '')
  const textKind = TEXT_KINDS.find(({ begins }) => begins.test(text))
  if (textKind !== undefined) return { name: textKind.name }
  return recognizeBinary(bytes, sample)
}

function describeCompoundFile(head: Uint8Array): OtherKind {
  const isProtected = Buffer.from(head.buffer, head.byteOffset, head.length).includes(PROTECTED_ENTRY)
  return isProtected
    ? {
        name: 'an Excel workbook that is protected by a password',
        remedy: 'expected CSV, or a workbook (.xlsx) that was saved without one',
      }
    : {
        name: 'an old Excel or other Office file (.xls)',
        remedy: 'expected CSV, or the same saved as a workbook (.xlsx)',
      }
}

function recognizeBinary(bytes: Buffer, sample: string): OtherKind | undefined {
  const nulsByParity: [number, number] = [0, 0]
  let controls = 0
  for (let index = 0; index < sample.length; index++) {
    const code = sample.charCodeAt(index)
    if (code === 0) nulsByParity[index % 2 === 0 ? 0 : 1]++
    else if (isControl(code)) controls++
  }
  const [evenNuls, oddNuls] = nulsByParity
  // Latin text in UTF-16 is NUL in every other byte; nothing else is so one-sided.
  const most = Math.max(evenNuls, oddNuls)
  if (most >= 4 && most > sample.length / 5 && Math.min(evenNuls, oddNuls) < most / 10) return UTF_16
  const holes = (sample.match(HOLE) ?? []).reduce((sum, hole) => sum + hole.length, 0)
  if (sample !== '' && holes === sample.length) return { name: 'a file of NUL bytes, a binary file' }
  // A hole stands between lines of text; of a binary file's NULs there is no text.
  const isHoled = holes > 0 && /^[^\0]*[\r\n][^\0]*\0/.test(sample)
  const length = isHoled ? sample.length - holes : sample.length
  const odd = controls + evenNuls + oddNuls - (isHoled ? holes : 0)
  const suspectShare = isUtf8(bytes) ? 0.1 : 0.05
  return odd >= MIN_ODD_BYTES && odd > length * suspectShare ? { name: 'a binary file' } : undefined
}

/** Control characters that text does not hold: all but tab, LF and CR. */
function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0x7f
}
