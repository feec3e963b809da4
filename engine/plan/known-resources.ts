/** The resources of one planning, found by row, with names and values for the references between them. */
import { type Expression, listExpressions, substitute } from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { naturalName } from './natural-name.ts'
import { type ResourceState, resourceKey, type TableLookup, unqualified } from './resource.ts'

export interface KnownResources {
  readonly tables: TableLookup
  readonly all: readonly ResourceState[]
  readonly byKey: ReadonlyMap<string, ResourceState>
  readonly byResourceId: ReadonlyMap<number, ResourceState>
  /** Rows by the text columns that others refer to by name. */
  readonly byName: ReadonlyMap<string, ResourceState>
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
    byName: indexByName(tables, all),
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

export function nameOf(known: KnownResources, resource: ResourceState): string {
  const row = resource.desired ?? resource.base ?? resource.observed ?? {}
  const name = naturalName(tableOf(known, resource), row, (table, rowId) => {
    const target = known.byKey.get(resourceKey(table, rowId))
    return (target && target !== resource && nameOf(known, target)) || null
  })
  return name ?? Object.values(resource.cloudId ?? {}).join('|')
}

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
    const substituted = substitute(value, (expression) => currentValue(known, expression))
    row[name] = substituted.value
    if (substituted.unknown.length > 0) unknown.push(name)
  }
  return { row, unknown, dangling }
}

const targetOf = (known: KnownResources, { table, id }: Expression): ResourceState | undefined =>
  known.byKey.get(resourceKey(table, id))

function currentValue(known: KnownResources, expression: Expression): Json | undefined {
  const target = targetOf(known, expression)
  if (!target?.cloudId) return undefined
  const column = tableOf(known, target).columns[expression.column]
  return (column?.nature === 'output' ? target.observed : target.desired)?.[expression.column]
}

/** Only the user's own text and documents may hold expressions. */
export const mayHoldExpressions = (column: Column): boolean =>
  column.nature === 'argument' && (column.sqlType === 'text' || column.sqlType === 'jsonb')

function indexByName(tables: TableLookup, all: readonly ResourceState[]): ReadonlyMap<string, ResourceState> {
  const named = new Map<string, Set<string>>()
  for (const { reference } of [...tables.values()].flatMap((table) => Object.values(table.columns))) {
    if (!reference || reference.by === 'id') continue
    const table = unqualified(reference.table)
    named.set(table, (named.get(table) ?? new Set()).add(reference.by))
  }
  return new Map(
    all.flatMap((resource) =>
      [...(named.get(resource.table) ?? [])].map((column) => {
        const value = (resource.desired ?? resource.base)?.[column] ?? null
        return [nameKey(resource.table, column, value, resource), resource] as const
      }),
    ),
  )
}

/** The row that `value` names in another's `by: column` reference: one of the same account and region, or of no place. */
export function findByName(
  known: KnownResources,
  table: string,
  column: string,
  value: Json,
  from: ResourceState,
): ResourceState | undefined {
  const anywhere = { place: { accountId: null, region: null } }
  const inAccount = { place: { accountId: from.place.accountId, region: null } }
  for (const place of [from, inAccount, anywhere]) {
    const found = known.byName.get(nameKey(table, column, value, place))
    if (found) return found
  }
  return undefined
}

const nameKey = (
  table: string,
  column: string,
  value: Json,
  { place }: Pick<ResourceState, 'place'>,
): string => JSON.stringify([table, column, value, place.accountId, place.region])
