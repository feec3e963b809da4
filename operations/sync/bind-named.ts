/** Rows without a record of what the cloud has under their name. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { projectionOf } from '#engine/merge/projection.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Row } from '#engine/model/json.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { bindRows } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'

export interface Candidate extends ImportedRow {
  readonly nameKey: string
}

export const nameKey = ({ type }: TableAt, row: Row): string =>
  canonicalJson(type.naturalKey.map((column) => row[column] ?? null))

interface Bound {
  /** Those that no row describes. */
  readonly unbound: readonly Candidate[]
  /** What is told of the others. */
  readonly kept: readonly string[]
}

interface Binding {
  readonly candidate: Candidate
  readonly state: LoadedState
}

/** Bound if they are nobody's edit, else left for the apply to adopt. */
export async function bindUnknown(
  scope: SyncScope,
  at: TableAt,
  states: readonly LoadedState[],
  candidates: readonly Candidate[],
): Promise<Bound> {
  const { type } = at
  if (!type.uniqueKey) return { unbound: candidates, kept: [] }
  const unknown = states.filter((state) => state.resourceId === null && state.desired)
  const byName = new Map(unknown.map((state) => [nameKey(at, state.desired ?? {}), state]))
  const named = candidates.flatMap((candidate): Binding[] => {
    const state = byName.get(candidate.nameKey)
    return state ? [{ candidate, state }] : []
  })
  const waiting = named
    .filter(({ state }) => state.edit)
    .map(
      ({ candidate }) =>
        `${type.name} ${candidate.naturalName} exists in the cloud and waits here as an edit: the next apply shows it as an adoption.`,
    )
  const refused = await bind(
    scope,
    at,
    named.filter(({ state }) => !state.edit),
  )
  return {
    unbound: candidates.filter((candidate) => !byName.has(candidate.nameKey)),
    kept: [...waiting, ...refused],
  }
}

/** Tells of those that cannot be bound. */
async function bind(
  { db, tenant }: SyncScope,
  { type, place }: TableAt,
  bindings: readonly Binding[],
): Promise<readonly string[]> {
  if (bindings.length === 0) return []
  const bound = await bindRows(db, tenant, {
    table: type.name,
    ...place,
    bindings: bindings.map(({ candidate, state }) => {
      const desired = state.desired ?? {}
      const { write } = settleRow(type, { desired, base: {}, observed: candidate.row })
      return {
        row_id: state.rowId,
        natural_name: candidate.naturalName,
        cloud_id: candidate.cloudId,
        base: candidate.row,
        unprojected: projectionOf(write, desired),
      }
    }),
  })
  await projectOutputs(db, tenant, type)
  return bindings
    .filter(({ state }) => !bound.has(state.rowId))
    .map(
      ({ candidate }) =>
        `${type.name} ${candidate.naturalName} stays unknown: somebody is changing or has taken away the row that describes it; sync again afterwards.`,
    )
}
