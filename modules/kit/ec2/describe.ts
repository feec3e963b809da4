/** EC2's ways of finding things: by ids that may be gone, by the token of a create, one list at a time. */
import type { Filter, Tag } from '@aws-sdk/client-ec2'
import {
  type CloudApi,
  type CloudId,
  type Place,
  type TagMap,
  type Token,
  tagsWithToken,
  tokenTag,
} from '../index.ts'

/** Values that EC2 takes in one filter. */
const valuesPerFilter = 200

/** One kind of EC2 resource: how it is listed, and the filter that picks by id. */
export interface Kind<Item> {
  readonly pages: (filters: Filter[] | undefined, cloud: CloudApi) => AsyncIterable<Item>
  readonly idFilter: string
  readonly idColumn: string
}

/** A filter and not an id parameter, for one missing id would make EC2 refuse all of them. */
export async function byIds<Item>(
  kind: Kind<Item>,
  ids: readonly CloudId[],
  cloud: CloudApi,
): Promise<readonly Item[]> {
  const values = [...new Set(ids.flatMap((id) => id[kind.idColumn] ?? []))]
  const found: Item[] = []
  for (let start = 0; start < values.length; start += valuesPerFilter) {
    const chunk = values.slice(start, start + valuesPerFilter)
    for await (const item of kind.pages([{ Name: kind.idFilter, Values: chunk }], cloud)) found.push(item)
  }
  return found
}

export const byToken = <Item>(kind: Kind<Item>, token: Token, cloud: CloudApi): Promise<Item | undefined> =>
  first(kind.pages([{ Name: `tag:${tokenTag}`, Values: [token] }], cloud))

async function first<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item
  return undefined
}

/** The tags of a create call, in which the token rides. */
export const taggedAs = <Type extends string>(
  type: Type,
  tags: TagMap | null,
  token: Token,
): { ResourceType: Type; Tags: Tag[] }[] => [{ ResourceType: type, Tags: tagsWithToken(tags, token) }]

/** EC2 shows networks that other accounts share with this one among its own. */
export const isOwnedElsewhere = (ownerId: string | undefined, { accountId }: Place): boolean =>
  ownerId !== undefined && ownerId !== accountId
