/** How far typed SQL has come: for the prompt only. What is run is split by the server, with PostgreSQL's own parser. */

/** Why the text does not end a statement: what psql puts into its prompt. */
export type OpenReason = '-' | "'" | '"' | '$' | '*' | '('

export interface Scan {
  /** Upper-case first words of each complete statement. */
  readonly statements: readonly (readonly string[])[]
  /** Where the text after the last complete statement begins. */
  readonly rest: number
  /** undefined when that text is blank or a comment. */
  readonly open: OpenReason | undefined
}

const keptWords = 4

export function scanStatements(text: string): Scan {
  const scanner = new Scanner(text)
  scanner.run()
  return scanner
}

class Scanner implements Scan {
  readonly statements: (readonly string[])[] = []
  rest = 0
  open: OpenReason | undefined
  readonly #text: string
  #at = 0
  #words: string[] = []
  #hasContent = false
  #parentheses = 0
  /** BEGIN ATOMIC and CASE inside a function's body, whose semicolons do not end it. */
  #blocks = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): void {
    while (this.#at < this.#text.length) {
      const unclosed = this.#step()
      if (unclosed === undefined) continue
      this.open = unclosed
      return
    }
    if (this.#hasContent) this.open = this.#parentheses > 0 ? '(' : '-'
  }

  /** Takes one token; gives the quote or comment that runs past the end of the text. */
  #step(): OpenReason | undefined {
    const character = this.#text[this.#at] ?? ''
    if (/\s/.test(character)) this.#at += 1
    else if (this.#text.startsWith('--', this.#at)) this.#skipTo('\n')
    else if (this.#text.startsWith('/*', this.#at)) return this.#comment() ? undefined : '*'
    else return this.#content(character)
    return undefined
  }

  #content(character: string): OpenReason | undefined {
    if (character === ';' && this.#parentheses === 0 && this.#blocks === 0) {
      this.#end()
      return undefined
    }
    this.#hasContent = true
    if (character === "'") return this.#quoted("'", this.#isEscapeString()) ? undefined : "'"
    if (character === '"') return this.#quoted('"', false) ? undefined : '"'
    const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(
      this.#text.slice(this.#at, this.#at + 70),
    )
    if (tag) return this.#dollarQuoted(tag[0]) ? undefined : '$'
    const word = /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/.exec(this.#text.slice(this.#at, this.#at + 200))
    if (word) this.#word(word[0])
    else {
      if (character === '(') this.#parentheses += 1
      if (character === ')') this.#parentheses = Math.max(0, this.#parentheses - 1)
      this.#at += 1
    }
    return undefined
  }

  #end(): void {
    this.#at += 1
    if (this.#hasContent) this.statements.push(this.#words)
    this.rest = this.#at
    this.#words = []
    this.#hasContent = false
  }

  #word(word: string): void {
    this.#at += word.length
    const upper = word.toUpperCase()
    if (this.#words.length < keptWords) this.#words.push(upper)
    if (this.#words[0] !== 'CREATE' || !this.#words.some((w) => w === 'FUNCTION' || w === 'PROCEDURE')) return
    const next = /^\s+(\w+)/.exec(this.#text.slice(this.#at, this.#at + 100))?.[1]?.toUpperCase()
    if ((upper === 'BEGIN' && next === 'ATOMIC') || (upper === 'CASE' && this.#blocks > 0)) this.#blocks += 1
    if (upper === 'END') this.#blocks = Math.max(0, this.#blocks - 1)
  }

  #skipTo(end: string): boolean {
    const found = this.#text.indexOf(end, this.#at)
    this.#at = found === -1 ? this.#text.length : found + end.length
    return found !== -1
  }

  /** Comments nest. */
  #comment(): boolean {
    let depth = 0
    const marks = /\/\*|\*\//g
    marks.lastIndex = this.#at
    for (let mark = marks.exec(this.#text); mark; mark = marks.exec(this.#text)) {
      depth += mark[0] === '/*' ? 1 : -1
      if (depth > 0) continue
      this.#at = marks.lastIndex
      return true
    }
    this.#at = this.#text.length
    return false
  }

  /** `E'…'`, and not the end of a longer word. */
  #isEscapeString(): boolean {
    return /(^|[^\w$])[eE]$/.test(this.#text.slice(Math.max(0, this.#at - 2), this.#at))
  }

  #quoted(quote: string, hasEscapes: boolean): boolean {
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      if (hasEscapes && this.#text[at] === '\\') at += 1
      else if (this.#text[at] === quote) {
        if (this.#text[at + 1] !== quote) {
          this.#at = at + 1
          return true
        }
        at += 1
      }
    }
    this.#at = this.#text.length
    return false
  }

  #dollarQuoted(tag: string): boolean {
    this.#at += tag.length
    return this.#skipTo(tag)
  }
}
