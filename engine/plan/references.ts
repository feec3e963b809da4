/** What a row points at: foreign keys by row id or name, and expressions in text and documents. */
import { listExpressions } from '#engine/expression/expression.ts'
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
  const row: Row = resource[side] ?? {}
  return Object.entries(tableOf(known, resource).columns).flatMap(([name, column]) => {
    const value = row[name] ?? null
    if (value === null) return []
    const cuttable = canBeSetLater(column) && (side === 'desired' || column.clearable)
    const target = targetOf(known, resource, column, value)
    const byKey: ChangeReference[] =
      target && column.reference
        ? [{ column: name, target, need: column.reference.need, side, cuttable }]
        : []
    const expressions = mayHoldExpressions(column) ? listExpressions(value) : []
    const byExpression = expressions.map(
      ({ table, id }): ChangeReference => ({
        column: name,
        target: resourceKey(table, id),
        need: 'ready',
        side,
        cuttable,
      }),
    )
    return [...byKey, ...byExpression]
  })
}

function targetOf(
  known: KnownResources,
  from: ResourceState,
  { reference }: Column,
  value: Json,
): string | undefined {
  if (!reference) return undefined
  const table = unqualified(reference.table)
  if (reference.by === 'id') return resourceKey(table, Number(value))
  const found = findByName(known, table, reference.by, value, from)
  return found && keyOf(found)
}

const canBeSetLater = (column: Column): boolean =>
  !column.required && column.default === undefined && column.replaces === false
