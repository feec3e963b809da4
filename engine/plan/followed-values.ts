/** Outputs that follow the rows that a column names: where those say something else now, it takes another resource. */
import { equals } from '#engine/columns/canonical.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import { type Draft, mustGoFirst } from './draft-change.ts'
import { type KnownResources, keyOf, tableOf } from './known-resources.ts'
import { type ResourceState, resourceKey } from './resource.ts'

/** Adds to `drafts` the replacements that this asks for. */
export function followValues(known: KnownResources, drafts: Map<string, Draft>): void {
  for (const resource of known.all.filter(standsAndStays)) {
    for (const [name, column] of Object.entries(tableOf(known, resource).columns)) {
      const value = column.follows && followed(known, resource, column.follows)
      const before = resource.base?.[name] ?? null
      if (value === undefined || before === null || equals(column, value, before)) continue
      const draft = replacing(known, resource, drafts.get(keyOf(resource)), [name, value])
      if (draft) drafts.set(keyOf(resource), draft)
    }
  }
}

const standsAndStays = ({ desired, base, observed, isExternal }: ResourceState): boolean =>
  desired !== null && base !== null && observed !== null && !isExternal

/** Undefined: nothing is said, or not the same of all, which is for AWS to refuse. */
function followed(
  known: KnownResources,
  { desired }: ResourceState,
  { column, of }: NonNullable<Column['follows']>,
): Json | undefined {
  const said = listExpressions(desired?.[column]).map(
    ({ table, id }) => known.byKey.get(resourceKey(table, id))?.desired?.[of] ?? null,
  )
  const [first, ...others] = said
  return first !== null && others.every((one) => one === first) ? first : undefined
}

function replacing(
  known: KnownResources,
  resource: ResourceState,
  draft: Draft | undefined,
  [name, value]: readonly [string, Json],
): Draft | undefined {
  if (draft && draft.action !== 'update' && draft.action !== 'replace') return undefined
  const table = tableOf(known, resource)
  const delta = { ...draft?.delta, [name]: value }
  const changed = Object.keys(delta).filter((column) => table.columns[column]?.replaces)
  return {
    kind: 'draft',
    resource,
    action: 'replace',
    delta,
    pulls: draft?.pulls ?? {},
    conflicts: draft?.conflicts ?? [],
    unknown: draft?.unknown ?? [],
    replaceBefore: mustGoFirst(table, changed),
    companion: false,
    reason: [...(draft ? [draft.reason] : []), `${name} cannot change in place`].join('; '),
  }
}
