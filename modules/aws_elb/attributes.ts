/** Attributes, which the service takes and gives as pairs of texts: columns of a table that are one pair each. */
import { type Column, type Json, textOf } from '../kit/index.ts'

/** Name of the attribute by column. */
export type AttributeNames = Readonly<Record<string, string>>
export type Attributes = ReadonlyMap<string, string>

interface Pair {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

export const attributesFrom = (pairs: readonly Pair[] | undefined): Attributes =>
  new Map((pairs ?? []).flatMap(({ Key, Value }) => (Key && Value ? [[Key, Value] as const] : [])))

/** What kinds of resources lack an attribute is at its default. */
export function attributeRow<Name extends string>(
  columns: Readonly<Record<Name, Column>>,
  names: Readonly<Record<Name, string>>,
  attributes: Attributes | undefined,
): Record<Name, never> {
  const values = Object.entries<string>(names).map(([column, name]) => [
    column,
    valueIn(columns[column as Name], attributes?.get(name)),
  ])
  return Object.fromEntries(values) as Record<Name, never>
}

function valueIn({ sqlType, default: usual }: Column, text: string | undefined): Json {
  if (text === undefined) return usual ?? null
  if (sqlType === 'boolean') return text === 'true'
  return sqlType === 'integer' ? Number(text) : text
}

/** The pairs of the columns that an update names. */
export const attributesToSend = (
  names: AttributeNames,
  want: Readonly<Record<string, unknown>>,
  changed: readonly string[],
): { Key: string; Value: string }[] =>
  changed.flatMap((column) => {
    const Key = names[column]
    return Key ? [{ Key, Value: textOf((want[column] ?? null) as Json) }] : []
  })

/** Whether a create leaves something that only a call of its own can say. */
export const hasAttributes = (
  columns: Readonly<Record<string, Column>>,
  names: AttributeNames,
  want: Readonly<Record<string, unknown>>,
): boolean =>
  Object.keys(names).some((column) => {
    const value = want[column] ?? null
    return value !== null && value !== (columns[column]?.default ?? null)
  })
