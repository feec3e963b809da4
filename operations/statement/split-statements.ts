/** Cuts a client's text into statements with PostgreSQL's own grammar; nothing is ever deparsed. */
import { hasSqlDetails, type Node, type ParseResult, parse, type RawStmt } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { scanTokens } from './scan-tokens.ts'
import { characterCount, type TextPlace, textPlaces, utf16OfCharacter } from './text-offsets.ts'

export interface Statement {
  readonly index: number
  readonly node: Node
  /** As written, without the comments before it and the semicolon behind it. */
  readonly text: string
  /** UTF-16 range in the client's text. */
  readonly start: number
  readonly end: number
  /** Where it starts in the UTF-8 form, from which the tree counts. */
  readonly byteStart: number
  /** Characters of the client's text before it. */
  readonly charactersBefore: number
  readonly keyword: string
}

export type SplitText =
  | { readonly kind: 'statements'; readonly statements: readonly Statement[] }
  | { readonly kind: 'error'; readonly statement: number; readonly error: IasqlError }

/** How many statements are complete before `end`, by their semicolons. */
const statementsBefore = (sql: string, end: number): number => {
  let count = 0
  let isEmpty = true
  for (const token of scanTokens(sql)) {
    if (token.start >= end) break
    if (token.text !== ';') isEmpty = false
    else if (!isEmpty) {
      count++
      isEmpty = true
    }
  }
  return count
}

const syntaxError = (sql: string, error: unknown): SplitText => {
  if (!hasSqlDetails(error)) {
    const message = 'The text is nested too deeply for the parser.'
    return { kind: 'error', statement: 0, error: new IasqlError('sql/syntax', message, { cause: error }) }
  }
  const { message, cursorPosition } = error.sqlDetails
  const position = Math.max(cursorPosition, 0)
  return {
    kind: 'error',
    statement: statementsBefore(sql, utf16OfCharacter(sql, position)),
    error: new IasqlError('sql/syntax', message, { position: position + 1 }),
  }
}

const toStatement = (
  sql: string,
  index: number,
  raw: RawStmt,
  [from, to]: readonly [TextPlace, TextPlace],
): Statement => {
  const first = scanTokens(sql, from.utf16).next().value
  const start = first?.start ?? from.utf16
  const text = sql.slice(start, to.utf16).trimEnd()
  const leading = sql.slice(from.utf16, start)
  return {
    index,
    node: raw.stmt as Node,
    text,
    start,
    end: start + text.length,
    byteStart: (raw.stmt_location ?? 0) + Buffer.byteLength(leading),
    charactersBefore: from.characters + characterCount(leading),
    keyword: (first?.text ?? '').toUpperCase(),
  }
}

export async function splitStatements(sql: string): Promise<SplitText> {
  const nul = sql.indexOf('\0')
  if (nul >= 0) {
    const position = characterCount(sql.slice(0, nul)) + 1
    const error = new IasqlError('sql/syntax', 'The text holds a NUL character.', { position })
    return { kind: 'error', statement: statementsBefore(sql, nul), error }
  }
  if (sql.trim() === '') return { kind: 'statements', statements: [] }
  let stmts: readonly RawStmt[]
  try {
    stmts = ((await parse(sql)) as ParseResult).stmts ?? []
  } catch (error) {
    return syntaxError(sql, error)
  }
  const bytes = Buffer.byteLength(sql)
  const offsets = stmts.flatMap((raw) => {
    const from = raw.stmt_location ?? 0
    return [from, raw.stmt_len ? from + raw.stmt_len : bytes]
  })
  const places = textPlaces(sql, offsets)
  const statements = stmts.map((raw, index) =>
    toStatement(sql, index, raw, [places[2 * index] as TextPlace, places[2 * index + 1] as TextPlace]),
  )
  return { kind: 'statements', statements }
}
