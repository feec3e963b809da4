/** What a sync says of differences that it leaves as they are. */
import type { TableSpec } from '#engine/model/table.ts'

/** Of differences that were not known before. */
export function keptNotice({ name }: TableSpec, count: number): readonly string[] {
  if (count === 0) return []
  const rows =
    count === 1
      ? '1 row differs from the cloud and stays as it is'
      : `${count} rows differ from the cloud and stay as they are`
  return [`${name}: ${rows}; SELECT * FROM iasql_drift shows how.`]
}
