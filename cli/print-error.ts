/** Errors and notices as psql words them, with a caret under the place in the user's own text. */
import type { WireError } from '#websocket/messages.ts'
import { cellLines, widthOf } from './output/cells.ts'

const excerptCharacters = 70

export function errorText(error: WireError, sql: string): string {
  const lines = [`ERROR:  ${plain(error.message)}`]
  if (error.position !== undefined) lines.push(...excerpt(sql, error.position))
  if (error.detail) lines.push(`DETAIL:  ${plain(error.detail)}`)
  if (error.hint) lines.push(`HINT:  ${plain(error.hint)}`)
  if (error.awsRequestId) lines.push(`AWS REQUEST:  ${plain(error.awsRequestId)}`)
  return `${lines.join('\n')}\n`
}

export function noticeText(notice: { readonly message: string; readonly hint?: string }): string {
  const hint = notice.hint === undefined ? '' : `HINT:  ${plain(notice.hint)}\n`
  return `NOTICE:  ${plain(notice.message)}\n${hint}`
}

const plain = (text: string) => cellLines(text).join('\n')

/** `LINE 2: …` and the caret; of a long line, the part around the place. `position` counts characters from 1. */
function excerpt(sql: string, position: number): readonly string[] {
  const characters = Array.from(sql)
  const at = Math.min(Math.max(position - 1, 0), characters.length)
  const lineStart = characters.slice(0, at).lastIndexOf('\n') + 1
  const lineNumber = characters.slice(0, lineStart).filter((character) => character === '\n').length + 1
  const nextBreak = characters.indexOf('\n', at)
  const lineEnd = nextBreak === -1 ? characters.length : nextBreak

  const from = Math.max(lineStart, Math.min(at - excerptCharacters / 2, lineEnd - excerptCharacters))
  const to = Math.min(lineEnd, from + excerptCharacters)
  const show = (start: number, end: number) => cellLines(characters.slice(start, end).join('')).join('')
  const label = `LINE ${lineNumber}: ${from > lineStart ? '...' : ''}`
  const before = widthOf(label + show(from, at))
  return [`${label}${show(from, to)}${to < lineEnd ? '...' : ''}`, `${' '.repeat(before)}^`]
}
