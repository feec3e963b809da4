/** The rows that resources of the cloud belong to, as the steps of an apply learn it: ahead of what is stored. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudId, CloudReference } from '#engine/model/cloud.ts'
import { type ResourceState, type RowPlace, resourceKey, unqualified } from '#engine/plan/resource.ts'
import { isNear } from '../sync/row-references.ts'

interface Learned {
  readonly table: string
  readonly rowId: number
  readonly cloudId: CloudId
}

export interface LearnedRows {
  add(row: Learned): void
  /** One and the same resource may be seen from several places, with a row in each. */
  find(reference: CloudReference, place: RowPlace): number | undefined
}

type KnownRow = Pick<ResourceState, 'table' | 'rowId' | 'place' | 'cloudId'>

/** `states` by resource key, as they are when somebody asks. */
export function learnedRows(states: ReadonlyMap<string, KnownRow>): LearnedRows {
  const rows = new Map<string, Set<number>>()
  const keyOf = (table: string, id: CloudId): string => `${table} ${canonicalJson(id)}`
  const add = ({ table, rowId, cloudId }: Learned): void => {
    const key = keyOf(table, cloudId)
    rows.set(key, (rows.get(key) ?? new Set()).add(rowId))
  }
  for (const { table, rowId, cloudId } of states.values()) if (cloudId) add({ table, rowId, cloudId })
  return {
    add,
    find({ $ref, id }, place) {
      const table = unqualified($ref)
      const key = keyOf(table, id)
      const near = [...(rows.get(key) ?? [])].filter((rowId) => {
        const at = states.get(resourceKey(table, rowId))?.place
        return !at || isNear({ account_id: at.accountId, region: at.region }, place)
      })
      // What is made again under a name has the id of what went.
      const holder = near.find((rowId) => {
        const cloudId = states.get(resourceKey(table, rowId))?.cloudId
        return cloudId && keyOf(table, cloudId) === key
      })
      return holder ?? near[0]
    },
  }
}
