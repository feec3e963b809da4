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

const names = {
  Detail: 'detail',
  Hint: 'hint',
  Position: 'position',
  Where: 'where',
  'Internal Query': 'internalQuery',
  'Internal Position': 'internalPosition',
} as const
const label = /\n {2}(Detail|Hint|Position|Where|Internal Query|Internal Position): /
const severity = /^(?:ERROR|FATAL|PANIC): /
const state = /; SQLState: ([0-9A-Z]{5})$/

/** Undefined when the text is not that of a database error. Fields may span lines. */
export function parseDatabaseError(text: string): DatabaseErrorFields | undefined {
  const sqlstate = state.exec(text)?.[1]
  if (!sqlstate) return undefined
  const [message = '', ...rest] = text.replace(state, '').split(label)
  const fields: Record<string, string | number> = {}
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const name = names[rest[index] as keyof typeof names]
    const value = rest[index + 1] ?? ''
    fields[name] = name === 'position' || name === 'internalPosition' ? Number(value) : value
  }
  return { ...fields, sqlstate, message: message.replace(severity, '') }
}

/** The fields of a failed call, when it failed in the database itself. */
export const databaseErrorOf = (error: unknown): DatabaseErrorFields | undefined =>
  error instanceof DataApiError ? parseDatabaseError(error.message) : undefined

export const sqlstateOf = (error: unknown): string | undefined => databaseErrorOf(error)?.sqlstate
