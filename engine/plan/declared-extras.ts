/** Declared extras of the order: what comes before a row, and goes after it, though none of its columns names it. */
import { listExpressions } from '#engine/expression/expression.ts'
import type { Json } from '#engine/model/json.ts'
import type { ComesAfter } from '#engine/model/table.ts'
import type { Draft } from './draft-change.ts'
import { type KnownResources, keyOf, tableOf } from './known-resources.ts'
import type { ChangeReference, PlannedChange } from './planned-change.ts'
import { referencesIn } from './references.ts'
import { type ResourceState, unqualified } from './resource.ts'

type Side = ChangeReference['side']
const sides: readonly Side[] = ['desired', 'base']

interface Names {
  readonly known: KnownResources
  /** Keys of rows by what the cloud calls them: imported documents hold that where others hold expressions. */
  readonly byCloudName: ReadonlyMap<string, string>
}

/** Drafts by where a column of theirs begins to lead, or ceases to: by `side table.column key`. */
type Leading = ReadonlyMap<string, readonly Draft[]>

/** Adds what they come after to the changes whose tables say so. */
export function addExtras(
  known: KnownResources,
  drafts: ReadonlyMap<string, Draft>,
  changes: readonly PlannedChange[],
): readonly PlannedChange[] {
  const all = [...drafts.values()].filter(({ companion }) => !companion)
  const declared = new Set(all.flatMap(({ resource }) => tableOf(known, resource).after ?? []))
  if (declared.size === 0) return changes
  const names: Names = { known, byCloudName: cloudNames(known) }
  const leading = leadingDrafts(names, all, declared)
  if (leading.size === 0) return changes
  return changes.map((change) => {
    const draft = drafts.get(change.key)
    const { after = [] } = draft && !draft.companion ? tableOf(known, draft.resource) : {}
    const extras = draft ? after.flatMap((extra) => extraReferences(names, leading, { draft, extra })) : []
    return extras.length > 0 ? { ...change, references: [...change.references, ...extras] } : change
  })
}

function leadingDrafts(names: Names, drafts: readonly Draft[], declared: ReadonlySet<ComesAfter>): Leading {
  const columns = new Map<string, Set<string>>()
  for (const { table, by } of declared) {
    const name = unqualified(table)
    columns.set(name, new Set([...(columns.get(name) ?? []), ...by]))
  }
  const leading = new Map<string, Draft[]>()
  for (const draft of drafts) {
    for (const column of columns.get(draft.resource.table) ?? []) {
      for (const side of sides.filter((one) => isAbout(draft, one, [column]))) {
        for (const key of ledTo(names, draft.resource, side, [column])) {
          const place = placeKey(side, draft.resource.table, column, key)
          const others = leading.get(place)
          if (others) others.push(draft)
          else leading.set(place, [draft])
        }
      }
    }
  }
  return leading
}

const placeKey = (side: Side, ...parts: readonly string[]): string => [side, ...parts].join(' ')

/** Whether the change is what makes the row say this, or what ends that the cloud has it so. */
function isAbout({ action, delta, resource }: Draft, side: Side, columns: readonly string[]): boolean {
  if (action === 'update' || action === 'adopt') return columns.some((column) => column in delta)
  if (side === 'desired') return action === 'create' || action === 'replace'
  return (action === 'delete' || action === 'replace') && resource.observed !== null
}

function extraReferences(
  names: Names,
  leading: Leading,
  { draft, extra }: { readonly draft: Draft; readonly extra: ComesAfter },
): readonly ChangeReference[] {
  const { table, by, via, where } = extra
  const { resource } = draft
  const [column = ''] = via
  const about = [column, ...(where ? [where.column] : [])]
  const found = sides.flatMap((side) => {
    const isMeant = !where || where.values.includes(resource[side]?.[where.column] ?? null)
    const keys = isMeant && isAbout(draft, side, about) ? ledTo(names, resource, side, via) : []
    const places = keys.flatMap((key) =>
      by.map((of) => [of, placeKey(side, unqualified(table), of, key)] as const),
    )
    return places.flatMap(([of, place]) => (leading.get(place) ?? []).map((other) => ({ side, of, other })))
  })
  const begun = new Set(found.flatMap(({ side, other }) => (side === 'desired' ? [other] : [])))
  return found
    .filter(({ side, other }) => side === 'desired' || !begun.has(other) || canEndFirst(draft, other))
    .map(({ side, of, other }) => {
      const target = keyOf(other.resource)
      return { column, target, need: 'ready', side, cuttable: false, of, isExtra: true }
    })
}

/** Where one step of the other both ceases to lead there and begins to, this one's end must be a step before its beginning. */
const canEndFirst = ({ action, replaceBefore }: Draft, other: Draft): boolean =>
  other.action !== 'update' || (action === 'replace' && replaceBefore)

/** Keys of the rows at the end of the way. */
function ledTo(
  names: Names,
  from: ResourceState,
  side: Side,
  [column = '', ...rest]: readonly string[],
): readonly string[] {
  const { known, byCloudName } = names
  const named = referencesIn(known, from, side, column).map(({ target }) => target)
  const { sqlType } = tableOf(known, from).columns[column] ?? {}
  const told = sqlType === 'jsonb' ? textsIn(from[side]?.[column] ?? null) : []
  const keys = new Set([...named, ...told.flatMap((text) => byCloudName.get(text) ?? [])])
  if (rest.length === 0) return [...keys]
  const next = [...keys].flatMap((key) => known.byKey.get(key) ?? [])
  return [...new Set(next.flatMap((one) => ledTo(names, one, side, rest)))]
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return listExpressions(value).length > 0 ? [] : [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function cloudNames({ all }: KnownResources): ReadonlyMap<string, string> {
  return new Map(
    all.flatMap((resource) => {
      const [name, ...more] = Object.values(resource.cloudId ?? {})
      return name !== undefined && more.length === 0 ? [[name, keyOf(resource)] as const] : []
    }),
  )
}
