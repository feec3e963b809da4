/** Of replacements that a commit could not bring to their end, the rows get their old ones back: with those goes what is stored in them. */
import { outputColumns } from '#engine/model/table.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { keptHalves } from '#engine/transaction/kept-halves.ts'
import type { Queryable } from '#postgres/database.ts'
import {
  type HalfReplaced,
  replacementHalves,
  rowsAnew,
  swapHalves,
} from '#postgres/statements/replacement-halves.ts'
import { type LooseRow, loosenColumns, tightenColumns } from '#postgres/statements/resource-loosen.ts'
import { type Repointing, repoint, repointingsOf } from '#postgres/statements/resource-repoint.ts'
import { type TurnedNeighbour, turnedNeighbours } from '#postgres/statements/turned-neighbours.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'

export interface Halves {
  readonly kept: readonly HalfReplaced[]
  /** The new one stays, and the old one is left to be deleted. */
  readonly left: readonly HalfReplaced[]
}

const keyOf = (row: { readonly table_name: string; readonly row_id: number }): string =>
  resourceKey(row.table_name, row.row_id)

export async function keepHalves(
  { context: { tenant, execution }, transaction }: CommitRun,
  writing: Queryable,
  tables: InstalledTables,
): Promise<Halves> {
  const executionId = execution.execution_id
  const halves = await replacementHalves(writing, tenant, executionId)
  if (halves.length === 0) return { kept: [], left: [] }
  const anew = await rowsAnew(writing, tenant, executionId)
  const keys = keptHalves(
    halves.map((half) => ({ key: keyOf(half), within: half.within })),
    new Set(anew.map(keyOf)),
  )
  const kept = halves.filter((half) => keys.has(keyOf(half)))
  // What was read since knows the old one by the record that it was to go with.
  const back = kept.map(({ table_name, row_id: to, orphan_id: from }) => ({ table_name, from, to }))
  await repoint(writing, tenant, await repointingsOf(writing, tenant, back, tables.types))
  const withOutputs = kept.map((half) => ({ ...half, outputs: outputColumns(tables.type(half.table_name)) }))
  await swapHalves(writing, tenant, transaction.transaction_id, withOutputs)
  await turnBack(writing, tenant, {
    kept,
    neighbours: await turnedNeighbours(writing, tenant, executionId, keys),
  })
  return { kept, left: halves.filter((half) => !keys.has(keyOf(half))) }
}

/** What points at a new one points at what is to go, and is to follow its row; what does not yet needs no change any more. */
async function turnBack(
  writing: Queryable,
  tenant: Tenant,
  {
    kept,
    neighbours,
  }: { readonly kept: readonly HalfReplaced[]; readonly neighbours: readonly TurnedNeighbour[] },
): Promise<void> {
  const orphans = new Map(kept.map((half) => [keyOf(half), half]))
  const repointings = neighbours.flatMap((row): readonly Repointing[] => {
    const { table_name, column, is_turned: isTurned } = row
    const target = orphans.get(row.target)
    const own = orphans.get(keyOf(row))
    if (!target || !(own || isTurned)) return []
    return [
      { table_name, row_id: own?.orphan_id ?? row.row_id, column, from: target.row_id, to: target.orphan_id },
    ]
  })
  await repoint(writing, tenant, repointings)
  const others = neighbours.filter((row) => !orphans.has(keyOf(row)))
  const turned = others.filter(({ is_turned: isTurned }) => isTurned)
  await loosenColumns(
    writing,
    tenant,
    byRow(turned).map((row) => ({ ...row, columns: [] })),
  )
  await tightenColumns(writing, tenant, byRow(others.filter(({ is_turned: isTurned }) => !isTurned)))
}

const byRow = (neighbours: readonly TurnedNeighbour[]): readonly LooseRow[] =>
  [...Map.groupBy(neighbours, keyOf).values()].flatMap((some) =>
    some.slice(0, 1).map(({ table_name, row_id }) => {
      return { table_name, row_id, columns: some.map(({ column }) => column) }
    }),
  )

/** What a commit has to remember of them, and of other lines about what is left. */
export const withHalves = (
  { kept, left }: Halves,
  lines: readonly string[],
): Pick<CommitMemory, 'surplus' | 'left'> => ({
  surplus: kept.map((half) => resourceKey(half.table_name, half.orphan_id)),
  left: [
    ...lines,
    ...left.map(
      ({ table_name: table, row_id: rowId }) =>
        `${table} ${rowId} was replaced, and its old one is left to be deleted`,
    ),
  ],
})
