/** Loads what edited rows point at, and what points at rows that will be replaced, table by table in sets. */
import { listExpressions } from '#engine/expression/expression.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Database } from '#postgres/database.ts'
import { findExpressing } from '#postgres/statements/expression-find.ts'
import type { Selection } from '#postgres/statements/resource-select.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { type LoadedState, loadStates } from './load-states.ts'

export type LoadedStates = Map<string, LoadedState>

interface Scope {
  readonly db: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
}

export const addStates = (known: LoadedStates, states: readonly LoadedState[]): void => {
  for (const state of states) {
    const key = resourceKey(state.table, state.rowId)
    if (!known.has(key)) known.set(key, state)
  }
}

/** Adds the rows that the given ones refer to, by id, by name or in an expression, and the parents of companions. */
export async function addReferenced(
  scope: Scope,
  known: LoadedStates,
  states: Iterable<LoadedState>,
): Promise<void> {
  const ids = new Map<string, Set<number>>()
  const names = new Map<string, { table: string; column: string; values: Set<string> }>()
  const wantRow = (table: string, id: number): void => {
    if (known.has(resourceKey(table, id))) return
    ids.set(table, (ids.get(table) ?? new Set()).add(id))
  }
  for (const state of states) {
    const type = scope.tables.lookup.get(state.table)
    if (!type) continue
    for (const row of [state.desired, state.base]) {
      if (row) collect(type, row, wantRow, names)
    }
  }
  const added: LoadedState[][] = []
  for (const [table, wanted] of ids) {
    added.push(await add(scope, known, table, { kind: 'rows', ids: [...wanted] }))
  }
  for (const { table, column, values } of names.values()) {
    added.push(await add(scope, known, table, { kind: 'values', column, values: [...values] }))
  }
  const companions = added.flat().filter(({ companionOf }) => companionOf !== null)
  if (companions.length > 0) await addReferenced(scope, known, companions)
}

function collect(
  type: TableSpec,
  row: Row,
  wantRow: (table: string, id: number) => void,
  names: Map<string, { table: string; column: string; values: Set<string> }>,
): void {
  for (const [name, column] of Object.entries(type.columns)) {
    const value = row[name] ?? null
    if (value === null) continue
    for (const expression of column.nature === 'argument' ? listExpressions(value) : []) {
      wantRow(expression.table, expression.id)
    }
    if (!column.reference) continue
    const { by } = column.reference
    const table = unqualified(column.reference.table)
    if (by === 'id') {
      wantRow(table, Number(value))
      continue
    }
    const group = names.get(`${table}.${by}`) ?? { table, column: by, values: new Set<string>() }
    group.values.add(String(value))
    names.set(`${table}.${by}`, group)
  }
}

/** Adds everything that refers to the given rows, directly or through others. */
export async function addDependants(
  scope: Scope,
  known: LoadedStates,
  roots: readonly LoadedState[],
): Promise<void> {
  const followed = new Set<string>()
  let frontier = roots
  while (frontier.length > 0) {
    for (const { table, rowId } of frontier) followed.add(resourceKey(table, rowId))
    const found = [...(await referring(scope, frontier)), ...(await expressing(scope, frontier))]
    // What is known for reasons of its own has dependants as well.
    const next = found.filter((state) => !followed.has(resourceKey(state.table, state.rowId)))
    addStates(known, next)
    await addReferenced(scope, known, next)
    frontier = next
  }
}

/** Adds what stands for values of the given rows, directly or through others. */
export async function addExpressing(
  scope: Scope,
  known: LoadedStates,
  roots: readonly LoadedState[],
): Promise<void> {
  for (let frontier = roots; frontier.length > 0; ) {
    const found = await expressing(scope, frontier)
    frontier = found.filter((state) => !known.has(resourceKey(state.table, state.rowId)))
    addStates(known, frontier)
  }
}

async function referring(
  { db, tenant, tables }: Scope,
  targets: readonly LoadedState[],
): Promise<readonly LoadedState[]> {
  const found: LoadedState[] = []
  for (const type of tables.types) {
    for (const [column, { reference }] of Object.entries(type.columns)) {
      const named = reference ? targets.filter((row) => row.table === unqualified(reference.table)) : []
      if (!reference || named.length === 0) continue
      const values = named.map((row): string | number =>
        reference.by === 'id' ? row.rowId : asText(row.desired?.[reference.by]),
      )
      const states = await loadStates(db, tenant, type, { kind: 'values', column, values })
      // As arguments of one call they would be too many.
      for (const state of states) found.push(state)
    }
  }
  return found
}

async function expressing(
  { db, tenant, tables }: Scope,
  targets: readonly LoadedState[],
): Promise<readonly LoadedState[]> {
  const keys = targets.map(({ table, rowId }) => ({ table_name: table, row_id: rowId }))
  const found: LoadedState[] = []
  for (const [table, rows] of Map.groupBy(await findExpressing(db, tenant, keys), (row) => row.table_name)) {
    const type = tables.lookup.get(table)
    const ids = rows.map((row) => row.row_id)
    const states = type ? await loadStates(db, tenant, type, { kind: 'rows', ids }) : []
    for (const state of states) found.push(state)
  }
  return found
}

/** Those that were not known before. */
async function add(
  scope: Scope,
  known: LoadedStates,
  table: string,
  selection: Selection,
): Promise<LoadedState[]> {
  const type = scope.tables.lookup.get(table)
  const loaded = type ? await loadStates(scope.db, scope.tenant, type, selection) : []
  const news = loaded.filter((state) => !known.has(resourceKey(state.table, state.rowId)))
  addStates(known, news)
  return news
}

/** References by name are to text columns. */
const asText = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
