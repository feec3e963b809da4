/** What each change of a preview rests on, kept with it to tell later whether anything of that has moved. */
import { equals } from '#engine/columns/canonical.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import type { PolicyLookup } from '#engine/merge/drift-policy.ts'
import { type Ground, groundsOf } from '#engine/plan/grounds.ts'
import { type KnownResources, knowResources, nameOf, tableOf } from '#engine/plan/known-resources.ts'
import type { ChangeBasis, ReferredRow } from '#postgres/statements/plan-insert.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { LoadedStates } from './load-neighbours.ts'
import type { LoadedState } from './load-states.ts'

export function basisOf(
  { lookup }: InstalledTables,
  states: LoadedStates,
  policy: PolicyLookup,
): (key: string) => ChangeBasis {
  const known = knowResources(lookup, [...states.values()])
  return (key) => {
    const state = states.get(key)
    if (!state) return { observed_version: null, refers: [], policies: {} }
    return {
      observed_version: state.observedVersion,
      refers: groundsOf(known, state).map((ground) => referredRow(known, ground)),
      policies: policiesOf(known, state, policy),
    }
  }
}

const referredRow = (known: KnownResources, { resource, used }: Ground): ReferredRow => ({
  table_name: resource.table,
  row_id: resource.rowId,
  name: `${resource.table} ${nameOf(known, resource) || resource.rowId}`,
  edit_version: resource.editVersion,
  cloud_id: resource.cloudId,
  is_there: resource.observed !== null,
  used: Object.fromEntries(
    (resource.observed ? used : []).map((column) => [column, resource.observed?.[column] ?? null]),
  ),
})

/** Which policy decided about what the cloud has otherwise; an empty name stands for the whole resource. */
function policiesOf(
  known: KnownResources,
  state: LoadedState,
  policy: PolicyLookup,
): ChangeBasis['policies'] {
  const { base, observed, desired, table, rowId } = state
  if (!base || base === observed) return {}
  if (!observed) return { '': policy(table, rowId, '') }
  const drifted = Object.entries(tableOf(known, state).columns).filter(
    ([name, column]) =>
      column.nature === 'argument' &&
      listExpressions(desired?.[name] ?? null).length === 0 &&
      !equals(column, base[name], observed[name]),
  )
  return Object.fromEntries(drifted.map(([name]) => [name, policy(table, rowId, name)]))
}
