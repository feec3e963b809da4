/** The one form of a column's value, so that AWS's rewriting of a value is never a difference. */
import { canonicalCidr } from '#engine/model/cidr.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import { asSet, canonicalJson, isSame, parsedDocument } from './canonical-json.ts'
import { canonicalPolicy } from './policy-document.ts'
import { ownTags } from './tags.ts'

type Comparable = Pick<Column, 'equality' | 'sqlType'>

export function canonical(column: Comparable, value: Json | undefined): Json {
  if (column.equality === 'tags') return ownTags(value)
  if (value === null || value === undefined) return null
  switch (column.equality) {
    case 'plain':
      return canonicalPlain(column.sqlType, value)
    case 'set': {
      const parsed = parsedDocument(value)
      return Array.isArray(parsed) ? asSet(parsed) : parsed
    }
    case 'document':
      return parsedDocument(value)
    case 'policy':
      return canonicalPolicy(value)
    case 'cidr':
      return typeof value === 'string' ? canonicalCidr(value) : value
  }
}

/** Whether two values of the column mean the same; references compare by row id. */
export function equals(column: Comparable, a: Json | undefined, b: Json | undefined): boolean {
  // Nearly every comparison ends here, long before anything has to be rewritten.
  if (isSame(a, b)) return true
  const [left, right] = [canonical(column, a), canonical(column, b)]
  return left === right || canonicalJson(left) === canonicalJson(right)
}

function canonicalPlain(sqlType: Column['sqlType'], value: Json): Json {
  if (sqlType === 'timestamptz' && typeof value === 'string') {
    const ms = Date.parse(value)
    return Number.isNaN(ms) ? value : new Date(ms).toISOString()
  }
  const isNumeric = sqlType === 'integer' || sqlType === 'bigint' || sqlType === 'double precision'
  if (isNumeric && typeof value === 'string' && value.trim() !== '') {
    const number = Number(value)
    // A bigint beyond 2^53 keeps its text: as a number it would equal its neighbours.
    return Number.isFinite(number) && String(number) === value.trim() ? number : value
  }
  return value
}
