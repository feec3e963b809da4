/** Rules of a group, written many at a time: as rules of security groups are, one of which comes with its group. */
import type { JsonObject } from '#engine/model/json.ts'
import {
  type CloudApi,
  type CloudId,
  type CreateWrite,
  choice,
  defineTable,
  done,
  grouped,
  IasqlError,
  integer,
  type Outcome,
  type Resolved,
  type RowOf,
  type RowOutcome,
  ref,
  reference,
  type TagMap,
  tagChanges,
  tags,
  text,
  visibleTags,
  waiting,
} from '#modules/kit/index.ts'
import { commands, type Item, type ModifyInput, SimulatedClient } from './commands.ts'
import { type Attributes, kinds } from './kinds.ts'

const columns = {
  rule_id: text('Its id.', { output: true }),
  guard_id: reference('shapes.guard', 'Whose it is.', { required: true, replaces: 'after' }),
  direction: choice(['in', 'out'], 'Which way.', { required: true, replaces: 'after' }),
  port: integer('Where; -1: everywhere.', { default: -1, min: -1 }),
  source_id: reference('shapes.guard', 'Who; null: everybody.', { replaces: 'after', clearable: true }),
  notes: text('Anything.', { clearable: true }),
  state: text('Where it is in its life.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>
type Want = Resolved<Row>

const { Describe, List, CreateMany, ModifyMany, DeleteMany } = commands.rule

const idOf = ({ Id }: Item): CloudId => ({ rule_id: Id })
const groupOf = ({ Attributes: { guard_id: id } }: Item) => ref('shapes.guard', { guard_id: String(id) })

const keys = ['guard_id', 'direction', 'port', 'source_id'] as const
/** What no two have alike. */
const contentOf = (attributes: Attributes): string =>
  JSON.stringify(keys.map((name) => attributes[name] ?? null))

/** The way out to everywhere, which each new group has. */
const isMadeWithGroup = ({ direction, port, source_id: source = null }: Attributes): boolean =>
  direction === 'out' && port === -1 && source === null

const attributesOf = ({ guard_id, source_id, direction, port, notes }: Want): Attributes => ({
  guard_id: guard_id.guard_id ?? '',
  source_id: source_id?.guard_id ?? null,
  direction,
  port,
  notes,
})

const inGroup = (id: CloudId, cloud: CloudApi): AsyncIterable<Item> =>
  cloud.pages(Describe, { Where: { guard_id: id.guard_id ?? '' } }, (page) => page.Items)

async function findLike(want: Want, cloud: CloudApi): Promise<Item | undefined> {
  const wanted = contentOf(attributesOf(want))
  for await (const item of inGroup(want.guard_id, cloud))
    if (contentOf(item.Attributes) === wanted) return item
  return undefined
}

async function create(writes: readonly CreateWrite<Row>[], cloud: CloudApi): Promise<readonly RowOutcome[]> {
  const wants = writes.map(({ row }) => row)
  try {
    const made = await cloud.send(CreateMany, {
      All: wants.map((want) => ({ Attributes: { ...attributesOf(want), tags: want.tags ?? {} } })),
    })
    return made.Items.map((item) => done(idOf(item)))
  } catch (error) {
    const [want] = wants
    const standing =
      want && wants.length === 1 && isTwin(error) ? await madeWithGroup(want, cloud) : undefined
    if (standing) return [standing]
    throw error
  }
}

const isTwin = (error: unknown): boolean =>
  error instanceof IasqlError && error.refusal?.error === 'RuleAlreadyExists'

/** Who asks for it has it already. */
async function madeWithGroup(want: Want, cloud: CloudApi): Promise<Outcome | undefined> {
  if (!isMadeWithGroup(attributesOf(want))) return undefined
  const found = await findLike(want, cloud)
  if (!found) return undefined
  const isBare = want.notes === null && Object.keys(want.tags ?? {}).length === 0
  return isBare ? done(idOf(found)) : waiting(idOf(found), 'the rule to be described', 'again')
}

const tagsOf = ({ Attributes: { tags } }: Item): TagMap => (tags ?? {}) as JsonObject as TagMap

/** Written many at a time; the one that comes with its guard may be taken away. */
export const rule = defineTable({
  name: 'rule',
  description: 'Who may come in, or go out.',
  naturalKey: ['guard_id', 'direction', 'port', 'source_id'],
  nullsAlike: true,
  named: true,
  settleMs: kinds.rule.settleMs,
  createdWith: [{ parent: 'shapes.guard', via: 'guard_id', removable: true }],
  columns,
  mapper: grouped<Row, Item>(
    {
      client: SimulatedClient,
      operations: ['DescribeRules', 'ListRules', 'CreateRules', 'ModifyRules', 'DeleteRules'],
      idOf,
      list: (_, cloud) => cloud.pages(List, {}, (page) => page.Items),
      async get(ids, cloud) {
        const Ids = ids.map(({ rule_id: id = '' }) => id)
        return await Array.fromAsync(cloud.pages(Describe, { Ids }, (page) => page.Items))
      },
      async findByName(want, cloud) {
        const found = await findLike(want, cloud)
        return found && !isMadeWithGroup(found.Attributes) ? found : undefined
      },
      async *companions(group, cloud) {
        for await (const item of inGroup(group.id, cloud)) if (isMadeWithGroup(item.Attributes)) yield item
      },
      companionOf: (item) => (isMadeWithGroup(item.Attributes) ? groupOf(item) : null),
      toRow: (item) => {
        const { direction, port, source_id: source, notes } = item.Attributes
        return {
          rule_id: item.Id,
          guard_id: groupOf(item),
          direction: direction as Row['direction'],
          port: Number(port),
          source_id: source ? ref('shapes.guard', { guard_id: String(source) }) : null,
          notes: (notes ?? null) as string | null,
          tags: visibleTags(tagsOf(item)),
          state: item.State,
        }
      },
    },
    {
      by: {
        create: ['guard_id', 'direction', 'tags'],
        update: ['guard_id'],
        delete: ['guard_id', 'direction'],
      },
      max: 5,
      write: {
        create,
        async update(writes, cloud) {
          const All = writes.map(({ seen, row, delta }): ModifyInput => {
            const changed = Object.entries(attributesOf(row)).filter(([name]) => name in delta)
            const { put, remove } = tagChanges(visibleTags(tagsOf(seen)), row.tags)
            const retagged = 'tags' in delta ? { PutTags: put, RemoveTags: remove } : {}
            return { Id: seen.Id, Attributes: Object.fromEntries(changed), ...retagged }
          })
          await cloud.send(ModifyMany, { All })
          return writes.map(({ seen }) => done(idOf(seen)))
        },
        async delete(writes, cloud) {
          await cloud.send(DeleteMany, { All: writes.map(({ seen }) => ({ Id: seen.Id })) })
          return writes.map(({ seen }) => done(idOf(seen)))
        },
      },
    },
  ),
})
