/** The one resource of a place that a text means: its cloud id as results show it, or the name people know it by. */
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'

export type Listed =
  | { readonly kind: 'found'; readonly id: CloudId; readonly seen: unknown }
  | { readonly kind: 'several'; readonly ids: readonly string[] }
  /** With what the list had instead. */
  | { readonly kind: 'none'; readonly ids: readonly string[] }

/**
 * A list and not a read by id: what a user writes is compared here and never sent, for some ids are addresses that a
 * client would follow.
 */
export async function findListed(
  type: ResourceType,
  mapper: Mapper,
  api: CloudApi,
  text: string,
): Promise<Listed> {
  const ids: string[] = []
  const named: CloudId[] = []
  let exact: CloudId | undefined
  for await (const one of mapper.list(api.place, api)) {
    const id = mapper.idOf(one)
    ids.push(describeCloudId(id))
    if (describeCloudId(id) === text) exact = id
    else if (listedName(type, mapper, one) === text) named.push(id)
  }
  const [only] = named
  const id = exact ?? (named.length === 1 ? only : undefined)
  if (!id)
    return named.length > 1 ? { kind: 'several', ids: named.map(describeCloudId) } : { kind: 'none', ids }
  const [seen] = await mapper.get([id], api)
  return seen === undefined ? { kind: 'none', ids } : { kind: 'found', id, seen }
}

/** Only of one plain column that a list shows. */
function listedName(type: ResourceType, mapper: Mapper, one: unknown): string | null {
  const [name = '', ...more] = type.naturalKey
  const column = type.columns[name]
  if (more.length > 0 || !column || column.sqlType !== 'text' || type.hydrates.includes(name)) return null
  const value = mapper.toRow(one)[name]
  return typeof value === 'string' ? value : null
}
