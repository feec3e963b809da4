/** Rows in, plan out: what an apply would do, with every reason, without touching anything. */
import { shown } from '#engine/columns/shown.ts'
import type { PolicyLookup } from '#engine/merge/drift-policy.ts'
import { addExtras } from './declared-extras.ts'
import { type Draft, draftChange } from './draft-change.ts'
import { finishChange } from './finish-change.ts'
import { followValues } from './followed-values.ts'
import { type KnownResources, keyOf, knowResources, nameOf, resolveRow } from './known-resources.ts'
import { recreateTargets } from './missing-targets.ts'
import { endFirstWhereNamesStay } from './names.ts'
import { endFirstInCircles } from './open-circles.ts'
import type { Plan, PlannedChange, Settlement } from './planned-change.ts'
import { followReplacements } from './replaced-neighbours.ts'
import type { ResourceState, TableLookup } from './resource.ts'
import { shareCalls } from './share-calls.ts'

export interface PlanInput {
  readonly tables: TableLookup
  /** The edited rows, what they point at, and what points at them. */
  readonly resources: readonly ResourceState[]
  /** What to do about changes made in the cloud; `column` is empty when the whole resource is meant. */
  readonly policy?: PolicyLookup
}

export function planChanges({ tables, resources, policy = () => 'track' }: PlanInput): Plan {
  const known = knowResources(tables, resources)
  const drafts = new Map<string, Draft>()
  const settlements = new Map<string, Settlement>()
  for (const resource of known.all) {
    const drafted = draftChange(known, resource, (column) => policy(resource.table, resource.rowId, column))
    if (drafted.kind === 'draft') drafts.set(keyOf(resource), drafted)
    if (drafted.kind === 'settlement') settlements.set(keyOf(resource), drafted.settlement)
  }
  followValues(known, drafts)
  endFirstWhereNamesStay(known, drafts)
  recreateTargets(known, drafts)
  const changes = followAll(known, drafts)
  const keys = [...drafts.keys()].sort()
  return {
    changes: shareCalls(known, changes),
    settlements: [...settlements].flatMap(([key, settlement]) => (drafts.has(key) ? [] : [settlement])),
    notices: [
      ...keys.flatMap((key) => conflictNotices(known, drafts.get(key))),
      ...known.all.flatMap((resource) => danglingNotices(known, resource)),
    ],
  }
}

/** Until the replacements cause nothing more, and none of them waits in a circle. */
function followAll(known: KnownResources, drafts: Map<string, Draft>): readonly PlannedChange[] {
  let changes: readonly PlannedChange[] = []
  do {
    followReplacements(known, drafts)
    const finished = [...drafts.keys()].sort().flatMap((key) => finishChange(known, drafts, key))
    changes = addExtras(known, drafts, finished)
  } while (endFirstInCircles(known.tables, drafts, changes))
  return changes
}

function conflictNotices(known: KnownResources, draft: Draft | undefined): readonly string[] {
  if (!draft || draft.conflicts.length === 0) return []
  const { resource, delta, conflicts } = draft
  const columns = conflicts.map((name) => {
    const there = resource.observed?.[name] ?? null
    return `${name} is ${shown(delta[name] ?? null)} here and ${shown(there)} in the cloud`
  })
  return [`${resource.table} ${nameOf(known, resource)}: ${columns.join(', ')}; the table wins.`]
}

function danglingNotices(known: KnownResources, resource: ResourceState): readonly string[] {
  if (!resource.desired || resource.editVersion === resource.baseVersion) return []
  return resolveRow(known, resource).dangling.map(
    (column) =>
      `${resource.table} ${nameOf(known, resource)}: ${column} refers to a row that is gone; set another value.`,
  )
}
