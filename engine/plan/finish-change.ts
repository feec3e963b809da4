/** A draft becomes a row of the plan: names, differences, risk, estimates, and the edges that order needs. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Draft } from './draft-change.ts'
import { type KnownResources, keyOf, lastingName, nameOf, parentOf, tableOf } from './known-resources.ts'
import { namesOf } from './names.ts'
import type { ChangeReference, ColumnChange, PlannedChange } from './planned-change.ts'
import { predictCalls } from './predict-calls.ts'
import { referencesOf } from './references.ts'
import type { ResourceState } from './resource.ts'
import { riskOf } from './risk.ts'

export function finishChange(
  known: KnownResources,
  drafts: ReadonlyMap<string, Draft>,
  key: string,
): readonly PlannedChange[] {
  const draft = drafts.get(key)
  if (!draft) return []
  const { resource } = draft
  const table = tableOf(known, resource)
  const parent = parentOf(known, resource)
  const links = linksOf(known, draft)
  const change: PlannedChange = {
    key,
    action: draft.action,
    table: resource.table,
    rowId: resource.rowId,
    resourceId: resource.resourceId,
    place: resource.place,
    cloudPlace: resource.cloudPlace,
    naturalName: nameOf(known, resource),
    cloudId: resource.cloudId,
    changed: changedColumns(known, draft),
    delta: draft.delta,
    replaceBefore: draft.replaceBefore,
    companion: draft.companion,
    parent: parent ? keyOf(parent) : null,
    reason: draft.reason,
    unknown: draft.unknown,
    risk: riskOf(draft, table),
    calls: draft.companion ? 0 : callsOf(draft, table),
    estimateMs: draft.companion ? 0 : estimateOf(draft, table),
    editVersion: resource.editVersion,
    actor: resource.edit?.actor ?? null,
    editedAt: resource.edit?.at ?? null,
    references: links.filter(({ target }) => drafts.has(target)),
    pointsAt: [...new Set(links.flatMap(({ of, target }) => (of === undefined ? [target] : [])))],
    oldBase: draft.action === 'replace' ? resource.base : null,
    ...namesOf(known, draft),
    conflicts: draft.conflicts,
    pulls: draft.pulls,
  }
  return [change]
}

/** What the cloud does not tell is as it was agreed on. */
const beforeOf = ({ observed, base }: ResourceState): Row => ({ ...base, ...observed })

function changedColumns(known: KnownResources, { resource, action, delta }: Draft): PlannedChange['changed'] {
  const before: Row = action === 'create' ? {} : beforeOf(resource)
  const targets = new Map(
    referencesOf(known, resource, 'desired')
      .filter(({ of }) => of === undefined)
      .map(({ column, target }) => [column, known.byKey.get(target)] as const),
  )
  const entries = Object.entries(delta).map(([name, to]): [string, ColumnChange] => {
    const from = before[name] ?? null
    const target = from !== null && from === to ? targets.get(name) : undefined
    return [name, { from, to, ...(target ? { replaced: lastingName(known, target) } : {}) }]
  })
  return Object.fromEntries(entries)
}

const callsOf = ({ action, delta, resource }: Draft, table: TableSpec): number =>
  predictCalls({ action, delta, desired: resource.desired, before: beforeOf(resource) }, table)

function estimateOf({ action }: Draft, { estimates }: TableSpec): number {
  switch (action) {
    case 'create':
      return estimates.createMs
    case 'update':
    case 'adopt':
      return estimates.updateMs
    case 'replace':
      return estimates.createMs + estimates.deleteMs
    case 'delete':
      return estimates.deleteMs
    case 'forget':
      return 0
  }
}

function linksOf(known: KnownResources, { resource, action, delta }: Draft): readonly ChangeReference[] {
  // An update waits for what it sends; what it points at otherwise, it pointed at before.
  const desired = referencesOf(known, resource, 'desired').filter(
    ({ column }) => action !== 'update' || column in delta,
  )
  // What the cloud has lost points at nothing any more.
  const old = resource.observed ? referencesOf(known, resource, 'base') : []
  return [...desired, ...old].flatMap((reference) => [reference, ...throughParents(known, reference)])
}

/** A companion comes and goes with its parent, so what points at it waits for the parent's change as well. */
function throughParents(known: KnownResources, reference: ChangeReference): readonly ChangeReference[] {
  const parents: ChangeReference[] = []
  let target: ResourceState | undefined = known.byKey.get(reference.target)
  for (target = target && parentOf(known, target); target; target = parentOf(known, target)) {
    parents.push({ ...reference, target: keyOf(target), need: 'ready', isThrough: true })
  }
  return parents
}
