/** `SELECT … INTO t …` travels under no cursor: it is spliced to `CREATE TABLE t AS SELECT … …`, keeping every position. */
import type { Node, SelectStmt } from 'libpg-query'
import { scanTokens } from './scan-tokens.ts'

export interface SplicedText {
  readonly text: string
  /** Characters put in front of the user's text. */
  readonly prefixLength: number
}

const leftmost = (select: SelectStmt): SelectStmt => (select.larg ? leftmost(select.larg) : select)

/** The INTO clause of a top-level SELECT, which only its leftmost part may have. */
export const intoClause = (node: Node) =>
  'SelectStmt' in node ? leftmost(node.SelectStmt).intoClause : undefined

const modifiers = new Set(['TEMP', 'TEMPORARY', 'LOCAL', 'GLOBAL', 'UNLOGGED', 'TABLE'])
const keepOf: Readonly<Record<string, string>> = { t: 'TEMPORARY ', u: 'UNLOGGED ' }

/** `nameOffset`: UTF-16 index of the table's name within `text`. */
export function spliceSelectInto(text: string, nameOffset: number, persistence: string): SplicedText {
  const tokens = [...scanTokens(text)]
  const nameAt = tokens.findIndex((token) => token.start === nameOffset)
  let intoAt = nameAt - 1
  while (intoAt > 0 && modifiers.has(tokens[intoAt]?.text.toUpperCase() ?? '')) intoAt--
  let nameEnd = nameAt
  while (tokens[nameEnd + 1]?.text === '.') nameEnd += 2
  const start = tokens[intoAt]?.start ?? 0
  const end = tokens[nameEnd]?.end ?? start
  const prefix = `CREATE ${keepOf[persistence] ?? ''}TABLE ${text.slice(nameOffset, end)} AS `
  const blank = text.slice(start, end).replace(/[^\n]/gu, ' ')
  return {
    text: `${prefix}${text.slice(0, start)}${blank}${text.slice(end)}`,
    prefixLength: [...prefix].length,
  }
}
