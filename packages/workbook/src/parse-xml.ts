import { StringDecoder } from 'node:string_decoder'

import { SaxesParser, type SaxesTagPlain } from 'saxes'

import { invalidWorkbook, WorkbookError } from './workbook-error.ts'

export interface XmlHandlers {
  /** Local names: prefixes differ between the programs that write workbooks. */
  readonly open: (name: string, attributes: Readonly<Record<string, string>>) => void
  readonly text: (text: string) => void
  readonly close: (name: string) => void
}

/** A longer name, attribute or text in one piece is no cell: Excel's cells hold 32,767 characters, six times that where each is escaped. */
const MAX_TOKEN_CHARACTERS = 1024 * 1024

/** After so much control comes back: each row of 50 bytes may say that it has a cell in column 16,384. */
const PIECE_BYTES = 4 * 1024

/** The deepest element of a workbook stands some ten levels deep; each level costs memory. */
const MAX_DEPTH = 100

/**
 * Reads XML as a stream: `handlers` are called for each piece, and after every 4 KiB control comes back here. No entity
 * but the five of XML is known, so nothing expands. Throws a WorkbookError for what is no XML.
 */
export async function* parseXml(bytes: AsyncIterable<Buffer>, handlers: XmlHandlers): AsyncGenerator<void> {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false })
  let sinceEvent = 0
  const count = <Arguments extends unknown[]>(handle: (...given: Arguments) => void) => {
    return (...given: Arguments): void => {
      sinceEvent = 0
      handle(...given)
    }
  }
  let depth = 0
  parser.on(
    'opentag',
    count((tag: SaxesTagPlain) => {
      depth += 1
      if (depth > MAX_DEPTH) throw invalidWorkbook(`its XML is more than ${MAX_DEPTH} levels deep`)
      handlers.open(localName(tag.name), tag.attributes)
    }),
  )
  parser.on('text', count(handlers.text))
  parser.on('cdata', count(handlers.text))
  parser.on(
    'closetag',
    count((tag: SaxesTagPlain) => {
      depth -= 1
      handlers.close(localName(tag.name))
    }),
  )
  parser.on('doctype', () => {
    throw invalidWorkbook('its XML declares a document type')
  })
  parser.on('error', (error) => {
    throw error
  })
  const decoder = new StringDecoder('utf8')
  try {
    for await (const chunk of bytes) {
      for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
        const text = decoder.write(chunk.subarray(start, start + PIECE_BYTES))
        sinceEvent += text.length
        if (sinceEvent > MAX_TOKEN_CHARACTERS) throw invalidWorkbook('its XML has a piece of text that never ends')
        parser.write(text)
        yield
      }
    }
    parser.write(decoder.end()).close()
  } catch (error) {
    if (error instanceof WorkbookError || !isXmlFault(error)) throw error
    throw invalidWorkbook('its XML is damaged', error)
  }
  yield
}

/** Reads XML to its end. */
export async function readXml(bytes: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> {
  const chunks = parseXml(bytes, handlers)
  while ((await chunks.next()).done !== true);
}

/** saxes throws plain errors that begin with the place; what the source throws has a code or a class of its own. */
function isXmlFault(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error && !('code' in error)
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
