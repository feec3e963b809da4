/** A sync that would remove unusually many rows asks first: a wrong answer of the cloud must not empty a table. */
import type { TableSpec } from '#engine/model/table.ts'

const mostRows = 20
const mostShare = 0.3
/** In a small table one row is a large share already: the share counts from here. */
const shareFromRows = 10

/** What to ask, or undefined when the number is usual. */
export function tooMany(table: TableSpec, removed: number, held: number): string | undefined {
  const isMany = removed > mostRows || (held >= shareFromRows && removed > held * mostShare)
  if (!isMany) return undefined
  return `${removed} of ${held} rows of ${table.name} are gone in the cloud`
}
