/** Row by row and column by column: what the table says is what the cloud has. */
import { equals } from '#engine/columns/canonical.ts'
import { isCloudReference, type SeenRow } from '#engine/model/cloud.ts'
import type { Json } from '#engine/model/json.ts'
import { sim } from '#test/support/simulated/module.ts'
import { keyOf, type Picture, resolved } from './picture.ts'
import type { ModelRun, Violation } from './world.ts'

export function checkRows({ lab }: ModelRun, picture: Picture): readonly Violation[] {
  const violations: Violation[] = []
  const { world, service } = lab.cloud
  for (const { table, rowId, id } of picture.byId.values()) {
    const type = sim.tables.find(({ name }) => name === table)
    const state = world.now(id)
    const row = picture.rows.get(keyOf(table, rowId))
    if (!type?.mapper || !state || !row) continue
    const seen: SeenRow = type.mapper.toRow(service.item(state))
    for (const [name, column] of Object.entries(type.columns)) {
      const { value: here, unknown } = resolved(row[name] ?? null, picture.rows)
      // What an expression about a row that is gone stood for last, nobody can tell here.
      if (unknown.length > 0) continue
      const there = rowValue(seen[name] ?? null, picture)
      if (equals(column, here, there)) continue
      const what = `${keyOf(table, rowId)}.${name} is ${JSON.stringify(here)} and ${JSON.stringify(there)} in the cloud (${id})`
      violations.push({ name: 'mismatch', what })
    }
  }
  return violations
}

const rowValue = (value: SeenRow[string], { byId }: Picture): Json => {
  if (!isCloudReference(value)) return value
  const id = Object.values(value.id)[0] ?? ''
  return byId.get(id)?.rowId ?? id
}
