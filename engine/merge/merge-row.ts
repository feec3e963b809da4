/** The verdicts of a row: one for each column that is not the same in all three states. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type DriftPolicy, mergeColumn, mergeUnsure, type ThreeStates, type Verdict } from './merge-column.ts'
import { unsureColumns } from './unsure.ts'

export interface RowStates {
  readonly desired: Row
  readonly base: Row
  /** A column that the cloud does not tell (a key left out) counts as unchanged. */
  readonly observed: Row
}

export type RowVerdicts = Readonly<Record<string, Verdict>>

export function mergeRow(
  table: Pick<TableSpec, 'columns'>,
  states: RowStates,
  policy: (column: string) => DriftPolicy = () => 'track',
): RowVerdicts {
  const verdicts: Record<string, Verdict> = {}
  const unsure = new Set(unsureColumns(states.base))
  for (const [name, column] of Object.entries(table.columns)) {
    const verdict = unsure.has(name)
      ? mergeUnsure(column, states.desired[name] ?? null, states.observed[name])
      : mergeColumn(column, columnStates(states, name), policy(name))
    if (verdict.kind !== 'same') verdicts[name] = verdict
  }
  return verdicts
}

function columnStates({ desired, base, observed }: RowStates, name: string): ThreeStates {
  const agreed = base[name] ?? null
  const seen = observed[name]
  return { desired: desired[name] ?? null, base: agreed, observed: seen === undefined ? agreed : seen }
}
