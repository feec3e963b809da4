/** The one error text of the Data API, taken apart again. */
import { DataApiError } from './data-api.ts'

export interface DatabaseErrorFields {
  readonly sqlstate: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** 1-based, in characters of the text that was sent. */
  readonly position?: number
  /** 1-based, in characters of `internalQuery`: the text that a function executed. */
  readonly internalPosition?: number
  readonly internalQuery?: string
  readonly where?: string
}

/** In the order of the text: a line like an earlier field's belongs to the field it is in. */
const names = {
  Detail: 'detail',
  Hint: 'hint',
  Position: 'position',
  Where: 'where',
  'Internal Query': 'internalQuery',
  'Internal Position': 'internalPosition',
} as const
const labels = Object.keys(names) as readonly (keyof typeof names)[]
const numeric = new Set<string>(['position', 'internalPosition'])
const severity = /^(?:ERROR|FATAL|PANIC): /
const state = /; SQLState: ([0-9A-Z]{5})$/

/** Undefined when the text is not that of a database error. Fields may span lines. */
export function parseDatabaseError(text: string): DatabaseErrorFields | undefined {
  const sqlstate = state.exec(text)?.[1]
  if (!sqlstate) return undefined
  const parts: [name: string, lines: string][] = [['message', '']]
  let next = 0
  for (const line of text.replace(state, '').replace(severity, '').split('\n')) {
    const found = labels.findIndex((label, index) => index >= next && line.startsWith(`  ${label}: `))
    const label = labels[found]
    const last = parts.at(-1)
    if (label !== undefined) {
      parts.push([names[label], line.slice(label.length + 4)])
      next = found + 1
    } else if (last) last[1] += `\n${line}`
  }
  const fields = parts.map(([name, lines]) => [name, numeric.has(name) ? Number(lines) : lines] as const)
  const { message, ...others } = Object.fromEntries(fields)
  return { ...others, sqlstate, message: String(message).slice(1) }
}

/** The fields of a failed call, when it failed in the database itself. */
export const databaseErrorOf = (error: unknown): DatabaseErrorFields | undefined =>
  error instanceof DataApiError ? parseDatabaseError(error.message) : undefined

export const sqlstateOf = (error: unknown): string | undefined => databaseErrorOf(error)?.sqlstate
