/** A value in a sentence for people. */
import type { Json } from '#engine/model/json.ts'
import { canonicalJson } from './canonical-json.ts'

/** Characters of a value. */
const mostShown = 60

export function shown(value: Json): string {
  const text = typeof value === 'string' ? value : canonicalJson(value)
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text
}
