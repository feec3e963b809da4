/** Things that AWS keeps and lists inside another one: the routes of a table, the policies of a role. */

import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import type { Mapper } from './mapper.ts'

/** One child as it was read with its parent: what a mapper of children sees. */
export interface ChildSeen<Parent, Child> {
  readonly parent: Parent
  readonly child: Child
}

export interface Family<Parent, Child> {
  /** Every parent at the place. */
  parents(cloud: CloudApi): AsyncIterable<Parent>
  /** Those of the children with these ids; what else they have may be left out. Absent: all are listed. */
  parentsOf?(ids: readonly CloudId[], cloud: CloudApi): Promise<readonly Parent[]>
  /** What a parent has; by a call of its own where the parent does not tell. */
  childrenOf(parent: Parent, cloud: CloudApi): readonly Child[] | Promise<readonly Child[]>
  /** Id of the parent, which is the first part of its children's. */
  parentIdOf(parent: Parent): CloudId
  /** What tells the children of one parent apart. */
  keyOf(child: Child): CloudId
}

type Shared<Parent, Child> = Pick<Mapper<never, ChildSeen<Parent, Child>>, 'idOf' | 'list' | 'get'>

/** Parents whose children are asked for at the same time. */
const parentsAtOnce = 50

/**
 * How children are read, for their mapper to spread.
 * @example
 * const policies = childOf({ parents: roleDetails, childrenOf: (role) => role.RolePolicyList ?? [], … })
 * mapper: defineMapper<Row, ChildSeen<RoleDetail, PolicyDetail>>()({ client, operations, ...policies, create, … })
 */
export function childOf<Parent, Child>(family: Family<Parent, Child>): Shared<Parent, Child> {
  const idOf = ({ parent, child }: ChildSeen<Parent, Child>): CloudId => ({
    ...family.parentIdOf(parent),
    ...family.keyOf(child),
  })
  return {
    idOf,
    list: (_, cloud) => childrenIn(family, family.parents(cloud), cloud),
    async get(ids, cloud) {
      const wanted = new Set(ids.map(keyText))
      const parents = family.parentsOf ? await family.parentsOf(ids, cloud) : family.parents(cloud)
      const found: ChildSeen<Parent, Child>[] = []
      for await (const seen of childrenIn(family, parents, cloud))
        if (wanted.has(keyText(idOf(seen)))) found.push(seen)
      return found
    },
  }
}

async function* childrenIn<Parent, Child>(
  family: Family<Parent, Child>,
  parents: Iterable<Parent> | AsyncIterable<Parent>,
  cloud: CloudApi,
): AsyncIterable<ChildSeen<Parent, Child>> {
  for await (const some of inGroups(parents, parentsAtOnce)) {
    const families = await cloud.each(some, async (parent) => ({
      parent,
      children: await family.childrenOf(parent, cloud),
    }))
    for (const { parent, children } of families) for (const child of children) yield { parent, child }
  }
}

async function* inGroups<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  size: number,
): AsyncIterable<readonly Item[]> {
  let group: Item[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/** The same for one id, in whatever order its names come. */
const keyText = (id: CloudId): string => JSON.stringify(Object.entries(id).sort())
