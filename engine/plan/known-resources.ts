/** The resources of one planning, found by row, with names and values for the references between them. */
import { type Expression, listExpressions, substituteIn } from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { naturalName, rowName, shownName } from './natural-name.ts'
import { type ResourceState, type RowPlace, resourceKey, type TableLookup, unqualified } from './resource.ts'

/** `desired`: the row as users left it; `base`: as the cloud last had it. */
type Side = 'desired' | 'base'

export interface KnownResources {
  readonly tables: TableLookup
  readonly all: readonly ResourceState[]
  readonly byKey: ReadonlyMap<string, ResourceState>
  readonly byResourceId: ReadonlyMap<number, ResourceState>
  /** Rows by the text columns that others refer to by name, as they are called now and as they were. */
  readonly byName: Readonly<Record<Side, ReadonlyMap<string, ResourceState>>>
}

export function knowResources(tables: TableLookup, resources: readonly ResourceState[]): KnownResources {
  const all = resources.filter((resource) => tables.has(resource.table))
  return {
    tables,
    all,
    byKey: new Map(all.map((resource) => [keyOf(resource), resource])),
    byResourceId: new Map(
      all.flatMap((resource) => (resource.resourceId === null ? [] : [[resource.resourceId, resource]])),
    ),
    byName: { desired: indexByName(tables, all, 'desired'), base: indexByName(tables, all, 'base') },
  }
}

export const keyOf = (resource: Pick<ResourceState, 'table' | 'rowId'>): string =>
  resourceKey(resource.table, resource.rowId)

export function tableOf(known: Pick<KnownResources, 'tables'>, resource: ResourceState): TableSpec {
  const table = known.tables.get(resource.table)
  if (!table) throw new TypeError(`table ${resource.table} is not among those of this plan`)
  return table
}

export const parentOf = (known: KnownResources, resource: ResourceState): ResourceState | undefined =>
  resource.companionOf === null ? undefined : known.byResourceId.get(resource.companionOf)

export const nameOf = (known: KnownResources, resource: ResourceState): string =>
  ownName(known, resource) ?? rowName(resource.rowId)

/** Null: nothing tells it from other rows. */
function ownName(known: KnownResources, resource: ResourceState): string | null {
  const row = resource.desired ?? resource.base ?? resource.observed ?? {}
  return shownName(tableOf(known, resource), row, resource.cloudId, (table, rowId) => {
    const target = known.byKey.get(resourceKey(table, rowId))
    return target && target !== resource ? ownName(known, target) : null
  })
}

/** Of one that is about to be another: what people call it, as far as that does not change with it. */
export const lastingName = (known: KnownResources, resource: ResourceState): string =>
  wantedName(known, resource) ?? resource.table

const wantedName = (known: KnownResources, resource: ResourceState): string | null =>
  naturalName(tableOf(known, resource), resource.desired ?? {}, (table, rowId) => {
    const target = known.byKey.get(resourceKey(table, rowId))
    return target && target !== resource ? wantedName(known, target) : null
  })

export interface ResolvedRow {
  readonly row: Row
  /** Columns with an expression that has no value yet. */
  readonly unknown: readonly string[]
  /** Columns with an expression about a row that is not there: they keep the value last agreed on. */
  readonly dangling: readonly string[]
}

/** The desired row with its expressions replaced by what is known of their targets now. */
export function resolveRow(known: KnownResources, resource: ResourceState): ResolvedRow {
  const { desired, base } = resource
  const unknown: string[] = []
  const dangling: string[] = []
  const row: Record<string, Json> = { ...desired }
  for (const [name, column] of Object.entries(tableOf(known, resource).columns)) {
    const value = desired?.[name] ?? null
    if (!mayHoldExpressions(column)) continue
    const expressions = listExpressions(value)
    if (expressions.length === 0) continue
    if (expressions.some((expression) => !targetOf(known, expression)?.desired)) {
      dangling.push(name)
      if (base) row[name] = base[name] ?? null
      continue
    }
    const substituted = substituteIn(column, value, (expression) => currentValue(known, expression))
    row[name] = substituted.value
    if (substituted.unknown.length > 0) unknown.push(name)
  }
  return { row, unknown, dangling }
}

const targetOf = (known: KnownResources, { table, id }: Expression): ResourceState | undefined =>
  known.byKey.get(resourceKey(table, id))

/** An expression about a value that is itself made of others' is followed so far, which no circle survives. */
const mostSteps = 8

function currentValue(known: KnownResources, expression: Expression, steps = mostSteps): Json | undefined {
  const target = targetOf(known, expression)
  if (!target?.cloudId || steps === 0) return undefined
  const table = tableOf(known, target)
  const written = target.desired?.[expression.column] ?? null
  const column = table.columns[expression.column]
  if (!column || !mayHoldExpressions(column) || listExpressions(written).length === 0) {
    return valueIn(table, target, expression.column)
  }
  const { value, unknown } = substituteIn(column, written, (next) => currentValue(known, next, steps - 1))
  return unknown.length > 0 ? undefined : value
}

/** What another row's expression about this column stands for, as far as the row and the cloud tell now. */
export function valueIn(
  table: Pick<TableSpec, 'columns'>,
  { rowId, place, desired, observed, base }: ResourceState,
  name: string,
): Json | undefined {
  if (name === 'id') return desired ? rowId : undefined
  const column = table.columns[name]
  if (!column && name === 'region') return place.region ?? undefined
  if (!column && name === 'account_id') return place.accountId ?? undefined
  const written = desired?.[name] ?? null
  const isSaid = column?.nature !== 'output' && written !== null && listExpressions(written).length === 0
  // Of what the cloud has lost, the last that was known: nothing better will come unless it is made again.
  return isSaid ? written : ((observed ?? base)?.[name] ?? undefined)
}

/** Only the user's own text and documents may hold expressions. */
export const mayHoldExpressions = (column: Column): boolean =>
  column.nature === 'argument' && (column.sqlType === 'text' || column.sqlType === 'jsonb')

function indexByName(
  tables: TableLookup,
  all: readonly ResourceState[],
  side: Side,
): ReadonlyMap<string, ResourceState> {
  const named = new Map<string, Set<string>>()
  for (const { reference } of [...tables.values()].flatMap((table) => Object.values(table.columns))) {
    if (!reference || reference.by === 'id') continue
    const table = unqualified(reference.table)
    named.set(table, (named.get(table) ?? new Set()).add(reference.by))
  }
  // A name belongs to the row that has it now, rather than to one that is gone and had it.
  const lastWins =
    side === 'base' ? all : [...all].sort((a, b) => Number(a.desired !== null) - Number(b.desired !== null))
  return new Map(
    lastWins.flatMap((resource) =>
      [...(named.get(resource.table) ?? [])].map((column) => {
        const row = side === 'base' ? resource.base : (resource.desired ?? resource.base)
        const value = row?.[column] ?? null
        const place = side === 'base' ? (resource.cloudPlace ?? resource.place) : resource.place
        return [nameKey(resource.table, column, value, place), resource] as const
      }),
    ),
  )
}

/** The row that `value` names in another's `by: column` reference: one of the same account and region, or of no place. */
export function findByName(
  known: KnownResources,
  { table, by }: { readonly table: string; readonly by: string },
  value: Json,
  { resource, side }: { readonly resource: ResourceState; readonly side: Side },
): ResourceState | undefined {
  const own = side === 'base' ? (resource.cloudPlace ?? resource.place) : resource.place
  const places = [own, { accountId: own.accountId, region: null }, { accountId: null, region: null }]
  for (const place of places) {
    const found = known.byName[side].get(nameKey(unqualified(table), by, value, place))
    if (found) return found
  }
  return undefined
}

const nameKey = (table: string, column: string, value: Json, place: RowPlace): string =>
  JSON.stringify([table, column, value, place.accountId, place.region])
