/** Values of services that take and give every attribute as text. */
import type { Json } from '#engine/model/json.ts'

/** The text of a value; null is the empty text, by which such services clear an attribute. */
export const textOf = (value: Json): string =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

export const jsonIn = (text: string | undefined): Json => (text ? (JSON.parse(text) as Json) : null)

export const numberIn = (text: string | undefined): number | null => (text ? Number(text) : null)

export const booleanIn = (text: string | undefined): boolean | null => (text ? text === 'true' : null)
