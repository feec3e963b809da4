/** Whether the row `c` of one table refers to the row `q` of another, as a condition. */
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Reference } from '#engine/model/column.ts'
import type { TableSpec } from '#engine/model/table.ts'

interface Referring {
  readonly from: TableSpec
  readonly column: string
  readonly reference: Reference
  readonly to: TableSpec
}

/** A name stands for the row that has it in the same account and region: others may have one of that name, too. */
export function refersSql({ from, column, reference: { by }, to }: Referring): string {
  const isHere = `c."${column}" = q."${by}"`
  const [own, theirs] = [placeColumns(from), placeColumns(to)]
  const shared = by === 'id' ? [] : theirs.filter((name) => own.includes(name))
  return [isHere, ...shared.map((name) => `c."${name}" = q."${name}"`)].join(' AND ')
}
