/** Names that rows have taken from one another go back, each as soon as its present holder has given it up. */
import type { Column, SqlType } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Queryable } from '#postgres/database.ts'
import { sqlstateOf } from '#postgres/database-error.ts'
import { type RestoredRow, updateRows } from '#postgres/statements/rows-restore.ts'
import type { Tenant } from '#postgres/tenant.ts'

export interface Named {
  readonly tenant: Tenant
  readonly type: TableSpec
  readonly rows: readonly RestoredRow[]
}

/** One after the other; rows that have swapped theirs step aside under another name first. */
export async function giveNamesBack(transaction: Queryable, { tenant, type, rows }: Named): Promise<number> {
  const write = (row: RestoredRow): Promise<unknown> => tryRow(transaction, { tenant, type, row })
  const aside = new Set<RestoredRow>()
  let open = rows
  while (open.length > 0) {
    const taken: RestoredRow[] = []
    let refusal: unknown
    for (const row of open) {
      const refused = await write(row)
      if (refused === undefined) continue
      if (sqlstateOf(refused) !== '23505') throw refused
      taken.push(row)
      refusal = refused
    }
    if (taken.length === open.length && !(await stepAside(type, taken, { aside, write }))) throw refusal
    open = taken
  }
  return rows.length
}

interface Stepping {
  readonly aside: Set<RestoredRow>
  write(row: RestoredRow): Promise<unknown>
}

/** False: no row is left that could. */
async function stepAside(
  type: TableSpec,
  taken: readonly RestoredRow[],
  { aside, write }: Stepping,
): Promise<boolean> {
  for (const row of taken.filter((one) => !aside.has(one))) {
    aside.add(row)
    for (const values of otherNames(type, row)) {
      if ((await write({ rowId: row.rowId, values })) === undefined) return true
    }
  }
  return false
}

/** Checks of a table may want a name to begin or to end in a certain way, or to be a network. */
const textShapes: readonly ((rowId: number, value: string) => string)[] = [
  (rowId, value) => `x${rowId}-${value}`,
  (rowId, value) => `${value}-x${rowId}`,
  (rowId, value) => `x${rowId}${value.slice(-8)}`,
  (rowId) => `x${rowId}`,
  (rowId) => `198.18.${Math.floor(rowId / 256) % 256}.${rowId % 256}/32`,
]
/** Ports and places of rules end at about 50,000. */
const numberShapes: readonly ((rowId: number) => number)[] = [40_000, 30_000, 20_000, 10_000].map(
  (least) => (rowId: number) => least + (rowId % 9_999),
)

function otherNames(type: TableSpec, { rowId, values }: RestoredRow): readonly RestoredRow['values'][] {
  const names = type.naturalKey.filter((name) => values[name] != null)
  const texts = names.filter((name) => isFree(type.columns[name], 'text'))
  const numbers = names.filter((name) => isFree(type.columns[name], 'integer'))
  const named = (all: readonly string[], shape: (name: string) => Json) =>
    Object.fromEntries(all.map((name) => [name, shape(name)]))
  return [
    ...(texts.length > 0 ? textShapes : []).map((shape) =>
      named(texts, (name) => shape(rowId, String(values[name]))),
    ),
    ...(numbers.length > 0 ? numberShapes : []).map((shape) => named(numbers, () => shape(rowId))),
  ]
}

const isFree = (column: Column | undefined, sqlType: SqlType): boolean =>
  column !== undefined && column.sqlType === sqlType && !column.reference && !column.secret && !column.content

/** Gives what the database has against it, and then nothing is written. */
async function tryRow(
  transaction: Queryable,
  { tenant, type, row }: Omit<Named, 'rows'> & { readonly row: RestoredRow },
): Promise<unknown> {
  await transaction.run('SAVEPOINT name_given')
  const refusal = await updateRows(transaction, tenant, type.name, [row]).then(
    () => undefined,
    (error: unknown) => {
      if (sqlstateOf(error) === undefined) throw error
      return error
    },
  )
  if (refusal !== undefined) await transaction.run('ROLLBACK TO SAVEPOINT name_given')
  await transaction.run('RELEASE SAVEPOINT name_given')
  return refusal
}
