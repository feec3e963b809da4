/** A replaced resource gets a new cloud id: whatever points at it is pointed at the new one, or replaced itself. */
import type { TableSpec } from '#engine/model/table.ts'
import { type Draft, mustGoFirst } from './draft-change.ts'
import { type KnownResources, keyOf, nameOf, tableOf } from './known-resources.ts'
import type { ChangeReference } from './planned-change.ts'
import { isKept, referencesOf } from './references.ts'
import type { ResourceState } from './resource.ts'

interface Dependant {
  readonly resource: ResourceState
  readonly reference: ChangeReference
}
interface Replaced {
  readonly key: string
  /** Only this value of it will be another; absent: all that there is to refer to. */
  readonly column?: string
  readonly before: boolean
  readonly because: string
}

/** Adds to `drafts` what the replacements among them cause, until nothing more follows. */
export function followReplacements(known: KnownResources, drafts: Map<string, Draft>): void {
  followNames(known, drafts)
  const queue: Replaced[] = [...drafts].flatMap(([key, draft]) =>
    draft.action === 'replace' || isMadeAgain(draft)
      ? [{ key, before: draft.replaceBefore, because: becauseOf(known, draft) }]
      : [],
  )
  if (queue.length === 0) return
  const dependants = dependantsByTarget(known)
  const carried = new Set<string>()
  for (let next = queue.shift(); next; next = queue.shift()) {
    for (const dependant of dependants.get(next.key) ?? []) {
      const key = keyOf(dependant.resource)
      const { of, column } = dependant.reference
      if (next.column !== undefined && of !== next.column) continue
      // It comes anew with its parent, so it points at the new neighbours by itself.
      if (carried.has(key)) continue
      const before = drafts.get(key)
      if (
        comesAlong(known, dependant.resource, next.key) &&
        !isMadeApart(known, dependant.resource, before)
      ) {
        // AWS makes the companion anew with its parent: no change of its own, but a new id for those that use it.
        queue.push({ ...next, key })
        carried.add(key)
        continue
      }
      const after = repoint(known, dependant, before, next)
      if (!after || after === before) continue
      drafts.set(key, after)
      const isNews = before?.action !== 'replace' || before.replaceBefore !== after.replaceBefore
      if (after.action === 'replace' && isNews) {
        queue.push({ key, before: after.replaceBefore, because: becauseOf(known, after) })
      } else if (of !== undefined) {
        queue.push({ key, column, before: false, because: becauseOf(known, after) })
      }
    }
  }
}

function comesAlong(known: KnownResources, { companionOf }: ResourceState, parentKey: string): boolean {
  const parent = known.byKey.get(parentKey)
  return parent !== undefined && companionOf !== null && companionOf === parent.resourceId
}

/** Changed, it may be no more what AWS makes along; one that may go while its parent stands can be made for itself as well. */
const isMadeApart = (known: KnownResources, resource: ResourceState, draft: Draft | undefined): boolean =>
  (draft?.action === 'update' || draft?.action === 'replace') &&
  tableOf(known, resource).createdWith.some(({ removable }) => removable)

/** A name that stays in a row may have come to be another's: what it pointed at goes, and is not what it means. */
function followNames(known: KnownResources, drafts: Map<string, Draft>): void {
  for (const resource of known.all.filter((one) => mayNameOthers(known, one))) {
    const key = keyOf(resource)
    const desired = referencesOf(known, resource, 'desired')
    for (const { column, target, of } of referencesOf(known, resource, 'base')) {
      const old = drafts.get(target)
      const isGoing = old?.action === 'replace' || old?.action === 'delete'
      const isSame = of === undefined && resource.desired?.[column] === resource.base?.[column]
      const reference = desired.find((one) => one.column === column && one.target !== target)
      if (!isGoing || !isSame || !reference) continue
      const replaced = { key: target, before: old.replaceBefore, because: becauseOf(known, old) }
      const after = repoint(known, { resource, reference }, drafts.get(key), replaced)
      if (after) drafts.set(key, after)
    }
  }
}

const mayNameOthers = (known: KnownResources, resource: ResourceState): boolean =>
  resource.desired !== null &&
  resource.base !== null &&
  Object.values(tableOf(known, resource).columns).some(({ reference }) => reference && reference.by !== 'id')

function repoint(
  known: KnownResources,
  { resource, reference }: Dependant,
  draft: Draft | undefined,
  replaced: Replaced,
): Draft | undefined {
  if (draft && draft.action !== 'update' && draft.action !== 'replace') return undefined
  const table = tableOf(known, resource)
  if (!resource.base || !resource.observed || resource.isExternal) return undefined
  const column = reference.column
  const mustReplace =
    Boolean(table.columns[column]?.replaces) || (replaced.before && isHeld(table, resource, column))
  const action = mustReplace || draft?.action === 'replace' ? 'replace' : 'update'
  const wasBefore = draft?.replaceBefore ?? false
  const replacing = (names: readonly string[]) => names.filter((name) => table.columns[name]?.replaces)
  const changed = Object.keys(draft?.delta ?? {})
  // Because of a neighbour that goes first, whatever its own columns say.
  const isForced = replaced.before || (wasBefore && !mustGoFirst(table, replacing(changed)))
  const replaceBefore =
    action === 'replace' && (isForced || mustGoFirst(table, replacing([...changed, column])))
  const unknown = draft?.unknown ?? []
  if (draft?.action === action && wasBefore === replaceBefore && unknown.includes(column)) return draft
  return {
    kind: 'draft',
    resource,
    action,
    delta: { ...draft?.delta, [column]: resource.desired?.[column] ?? null },
    pulls: draft?.pulls ?? {},
    conflicts: draft?.conflicts ?? [],
    unknown: unknown.includes(column) ? unknown : [...unknown, column],
    replaceBefore,
    companion: false,
    reason: [...new Set([...(draft?.reason.split('; ') ?? []), replaced.because])].join('; '),
  }
}

/** It can neither keep what goes first nor be without. */
function isHeld({ columns }: TableSpec, { base }: ResourceState, name: string): boolean {
  const column = columns[name]
  return column !== undefined && isKept(column, base ?? {})
}

/** The cloud lost it: others may still point at what is gone. */
const isMadeAgain = ({ action, resource }: Draft): boolean => action === 'create' && resource.base !== null

function becauseOf(known: KnownResources, draft: Draft): string {
  const what = isMadeAgain(draft) ? 'made again' : happening[draft.action]
  return `${draft.resource.table} ${nameOf(known, draft.resource)} is ${what}`
}

const happening: Record<Draft['action'], string> = {
  create: 'made',
  update: 'changed',
  replace: 'replaced',
  delete: 'deleted',
  adopt: 'taken over',
  forget: 'forgotten',
}

function dependantsByTarget(known: KnownResources): ReadonlyMap<string, readonly Dependant[]> {
  const byTarget = new Map<string, Dependant[]>()
  for (const resource of known.all) {
    for (const reference of referencesOf(known, resource, 'desired')) {
      const list = byTarget.get(reference.target)
      if (list) list.push({ resource, reference })
      else byTarget.set(reference.target, [{ resource, reference }])
    }
  }
  return byTarget
}
