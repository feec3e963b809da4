/** Row by row and column by column: what the table says is what the cloud has. */
import { equals } from '#engine/columns/canonical.ts'
import { isCloudReference, type SeenRow } from '#engine/model/cloud.ts'
import type { Json } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import { simulatedTables } from '#test/support/simulated/shapes.ts'
import { shown } from '#test/support/simulated/vault-request.ts'
import type { State, World } from '#test/support/simulated/world.ts'
import { keyOf, type Picture, resolved } from './picture.ts'
import { theirs } from './stranger.ts'
import type { ModelRun, Violation } from './world.ts'

export function checkRows({ lab }: ModelRun, picture: Picture): readonly Violation[] {
  const violations: Violation[] = []
  const { world, service } = lab.cloud
  for (const { table, rowId, id } of picture.byId.values()) {
    const type = simulatedTables.find(({ name }) => name === table)
    const state = world.now(id)
    const row = picture.rows.get(keyOf(table, rowId))
    if (!type?.mapper || !state || !row) continue
    const seen: SeenRow = type.mapper.toRow(service.seen(state))
    for (const [name, column] of Object.entries(type.columns)) {
      if (column.secret) {
        violations.push(...checkSecret(state, name, row[name] ?? null))
        continue
      }
      const { value: here, unknown } = resolved(row[name] ?? null, picture.rows)
      // What an expression about a row that is gone stood for last, nobody can tell here.
      if (unknown.length > 0) continue
      const there = rowValue(seen[name] ?? null, world, picture)
      if (equals(column, here, there)) continue
      const what = `${keyOf(table, rowId)}.${name} is ${JSON.stringify(here)} and ${JSON.stringify(there)} in the cloud (${id})`
      violations.push({ name: 'mismatch', what })
    }
  }
  return violations
}

/** Of one that was imported nobody here knows the value, nor of one that a stranger or a function has written since. */
function checkSecret({ id, attributes }: State, name: string, here: Json): readonly Violation[] {
  const there = attributes[name] ?? null
  const isShown = typeof there === 'string' && there.startsWith(shown)
  if (here === null || there === here || there === theirs || isShown) return []
  const what = `${id}.${name} is ${JSON.stringify(there)} where its row has ${JSON.stringify(here)}`
  return [{ name: 'mismatch', what }]
}

const rowValue = (value: SeenRow[string], world: World, { byId }: Picture): Json => {
  if (!isCloudReference(value)) return value
  const cloudId = Object.values(value.id)[0] ?? ''
  const bearers = world.bearers(value.$ref.split('.')[1] as KindName, cloudId)
  const id = bearers.findLast((thing) => world.now(thing.id))?.id ?? cloudId
  return byId.get(id)?.rowId ?? cloudId
}
