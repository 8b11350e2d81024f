/** A command of a page, with the output that the page shows for it. */
export interface MarkdownExample {
  /** where the command starts, from 1 */
  readonly line: number
  readonly command: string
  /** null: the page shows none */
  readonly output: { readonly language: 'text' | 'json'; readonly text: string } | null
}

export interface MarkdownBlock {
  /** where its text starts, from 1 */
  readonly line: number
  readonly language: string
  readonly text: string
  /** the text of the heading that it stands under */
  readonly heading: string
}

interface Fence extends MarkdownBlock {
  /** whether nothing but blank lines stands between it and the fence before */
  readonly followsFence: boolean
}

/** The fenced `sh` blocks of a page, in order. A `text` or `json` block right behind one is what it prints. */
export function readMarkdownExamples(markdown: string): MarkdownExample[] {
  const examples: MarkdownExample[] = []
  const fences = readFences(markdown)
  for (const [index, { language, text, line }] of fences.entries()) {
    if (language !== 'sh') continue
    const next = fences[index + 1]
    const shown = next?.followsFence === true ? next.language : ''
    const output: MarkdownExample['output'] =
      (shown === 'text' || shown === 'json') && next ? { language: shown, text: next.text } : null
    examples.push({ line, command: text, output })
  }
  return examples
}

/** All fenced blocks of a page, in order. */
export function readMarkdownBlocks(markdown: string): MarkdownBlock[] {
  return readFences(markdown).map(({ line, language, text, heading }) => ({ line, language, text, heading }))
}

function readFences(markdown: string): Fence[] {
  const fences: Fence[] = []
  let open: { line: number; language: string; lines: string[]; heading: string; followsFence: boolean } | null = null
  let heading = ''
  let isBehindFence = false
  for (const [index, line] of markdown.split('\n').entries()) {
    const mark = /^```(\w*)$/.exec(line)
    if (open !== null && mark === null) open.lines.push(line)
    else if (open !== null) {
      fences.push({ ...open, text: open.lines.join('\n') })
      open = null
      isBehindFence = true
    } else if (mark !== null) {
      open = { line: index + 2, language: mark[1] ?? '', lines: [], heading, followsFence: isBehindFence }
    } else if (line.trim() !== '') {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading
      isBehindFence = false
    }
  }
  if (open !== null) throw new Error(`the fence at line ${open.line - 1} is never closed`)
  return fences
}
