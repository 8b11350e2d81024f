/** More than any program writes into a cell, of which Excel's hold 32,767: what is beyond is left out. */
const MAX_CHARACTERS = 1024 * 1024

/** Puts together the text of an item or a cell, which may stand in several runs. */
export class TextCollector {
  #pieces: string[] = []
  #length = 0
  #isText = false
  #isPhonetic = false

  begin(): void {
    this.#pieces = []
    this.#length = 0
    this.#isText = false
    this.#isPhonetic = false
  }

  open(name: string): void {
    // Of phonetic runs (`rPh`) the text is a reading aid, not the cell's.
    if (name === 'rPh') this.#isPhonetic = true
    else if (name === 't' || name === 'v') this.#isText = !this.#isPhonetic
  }

  add(text: string): void {
    if (!this.#isText || this.#length >= MAX_CHARACTERS) return
    this.#pieces.push(text)
    this.#length += text.length
  }

  close(name: string): void {
    if (name === 't' || name === 'v') this.#isText = false
    else if (name === 'rPh') this.#isPhonetic = false
  }

  end(): string {
    return this.#pieces.length === 1 ? (this.#pieces[0] ?? '') : this.#pieces.join('')
  }
}
