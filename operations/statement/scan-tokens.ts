/** PostgreSQL's tokens with their places: what the parser's tree does not tell (where INTO stands, the first keyword). */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

const space = /[ \t\n\r\f\v]+/y
const lineComment = /--[^\n\r]*/y
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const quoted = /"(?:[^"]|"")*"?/y
const plainString = /'(?:[^']|'')*'?/y
const escapeString = /'(?:[^'\\]|''|\\[\s\S])*'?/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y

const match = (pattern: RegExp, sql: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(sql)?.[0]
}

/** End of a block comment, which may hold others. */
const blockCommentEnd = (sql: string, start: number): number => {
  let depth = 0
  for (let at = start; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) {
      depth++
      at++
    } else if (sql.startsWith('*/', at)) {
      depth--
      at++
      if (depth === 0) return at + 1
    }
  }
  return sql.length
}

const skipSpace = (sql: string, start: number): number => {
  let at = start
  for (;;) {
    const skipped = match(space, sql, at) ?? match(lineComment, sql, at)
    if (skipped) at += skipped.length
    else if (sql.startsWith('/*', at)) at = blockCommentEnd(sql, at)
    else return at
  }
}

const dollarEnd = (sql: string, at: number, tag: string): number => {
  const close = sql.indexOf(tag, at + tag.length)
  return close < 0 ? sql.length : close + tag.length
}

const readToken = (sql: string, start: number): Token => {
  const token = (kind: Token['kind'], end: number): Token => ({
    kind,
    text: sql.slice(start, end),
    start,
    end,
  })
  const name = match(word, sql, start)
  if (name) {
    const after = start + name.length
    if (sql[after] === "'" && /^e$/i.test(name)) {
      return token('string', after + (match(escapeString, sql, after)?.length ?? 1))
    }
    return token('word', after)
  }
  if (sql[start] === '"') return token('quoted', start + (match(quoted, sql, start)?.length ?? 1))
  if (sql[start] === "'") return token('string', start + (match(plainString, sql, start)?.length ?? 1))
  const tag = match(dollarTag, sql, start)
  if (tag) return token('string', dollarEnd(sql, start, tag))
  return token('symbol', start + 1)
}

/** Tokens of `sql` from `from` on; white space and comments are left out. */
export function* scanTokens(sql: string, from = 0): Generator<Token, void> {
  for (let at = skipSpace(sql, from); at < sql.length; ) {
    const token = readToken(sql, at)
    yield token
    at = skipSpace(sql, token.end)
  }
}
