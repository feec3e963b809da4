/** What a row points at: foreign keys by row id or name, and expressions in text and documents. */
import { listExpressions, sentExpressions } from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { findByName, type KnownResources, keyOf, mayHoldExpressions, tableOf } from './known-resources.ts'
import type { ChangeReference } from './planned-change.ts'
import { type ResourceState, resourceKey, unqualified } from './resource.ts'

export function referencesOf(
  known: KnownResources,
  resource: ResourceState,
  side: ChangeReference['side'],
): readonly ChangeReference[] {
  return Object.keys(tableOf(known, resource).columns).flatMap((name) =>
    referencesIn(known, resource, side, name),
  )
}

/** Those of one column. */
export function referencesIn(
  known: KnownResources,
  resource: ResourceState,
  side: ChangeReference['side'],
  name: string,
): readonly ChangeReference[] {
  const row: Row = resource[side] ?? {}
  const column = tableOf(known, resource).columns[name]
  const value = row[name] ?? null
  if (value === null || !column) return []
  const written: Row = side === 'base' ? sentExpressions(resource.base) : row
  const kept = isKept(column, row)
  const cuttable = !kept && canBeSetLater(column) && (side === 'desired' || column.clearable)
  const pointer: Pointer = { name, column, side, cuttable, isKept: kept }
  const target = targetOf(known, { resource, side }, column, value)
  return [...byKey(pointer, target), ...byExpression(pointer, written[name])]
}

/** A column of one row that names others. */
interface Pointer {
  readonly name: string
  readonly column: Column
  readonly side: ChangeReference['side']
  readonly cuttable: boolean
  readonly isKept: boolean
}

function byKey({ name, column, side, cuttable }: Pointer, target: string | undefined): ChangeReference[] {
  if (!target || !column.reference) return []
  const { need } = column.reference
  return [{ column: name, target, need, side, cuttable, isFixed: column.replaces !== false }]
}

function byExpression(pointer: Pointer, written: Json | undefined): readonly ChangeReference[] {
  const { name, column, side } = pointer
  if (!mayHoldExpressions(column)) return []
  return listExpressions(written).map((expression) => ({
    column: name,
    target: resourceKey(expression.table, expression.id),
    need: 'ready',
    side,
    cuttable: pointer.cuttable || (!pointer.isKept && side === 'base' && column.holds === true),
    of: expression.column,
    ...(column.holds ? { isHeld: true } : {}),
  }))
}

function targetOf(
  known: KnownResources,
  from: { readonly resource: ResourceState; readonly side: ChangeReference['side'] },
  { reference }: Column,
  value: Json,
): string | undefined {
  if (!reference) return undefined
  if (reference.by === 'id') return resourceKey(unqualified(reference.table), Number(value))
  const found = findByName(known, reference, value, from)
  return found && keyOf(found)
}

/** Whether the row can be without what this column names. */
export const isKept = ({ keptWhere }: Column, row: Row): boolean =>
  keptWhere?.values.includes(row[keptWhere.column] ?? null) ?? false

const canBeSetLater = (column: Column): boolean =>
  !column.required && column.default === undefined && column.replaces === false
