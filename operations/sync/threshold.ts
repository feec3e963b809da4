/** A sync that would remove unusually many rows asks first: a wrong answer of the cloud must not empty a table. */
import type { Settings } from '#engine/model/setting.ts'
import type { TableSpec } from '#engine/model/table.ts'

/** In a small table one row is a large share already: the share counts from here. */
const shareFromRows = 10

/** What to ask, or undefined when the number is usual. */
export function tooMany(
  table: TableSpec,
  { removed, held }: { readonly removed: number; readonly held: number },
  { syncRows, syncShare }: Pick<Settings, 'syncRows' | 'syncShare'>,
): string | undefined {
  const isMany = removed > syncRows || (held >= shareFromRows && removed > (held * syncShare) / 100)
  if (!isMany) return undefined
  return `${removed} of ${held} rows of ${table.name} are gone in the cloud`
}
