/** Blueprints: one row, the newest revision of a family; a change makes the next one and ends the old. */
import {
  type CloudId,
  defineLines,
  defineMapper,
  defineTable,
  done,
  integer,
  type JsonObject,
  type LineOf,
  lineFrom,
  listOf,
  type RowOf,
  reference,
  type TagMap,
  tagChanges,
  tags,
  text,
  tokenTag,
  versioned,
  visibleTags,
} from '#modules/kit/index.ts'
import { commands, type Item, SimulatedClient } from './commands.ts'
import { kinds } from './kinds.ts'

export const blueprintPart = defineLines({
  name: 'blueprint_part',
  description: 'A part of a blueprint.',
  parent: 'blueprint',
  via: 'blueprint_id',
  list: 'parts',
  key: ['name'],
  columns: {
    name: text('Its name.', { required: true }),
    topic_id: reference('sim.topic', 'Where it tells of itself.', { by: 'topic_id' }),
    pieces: integer('How many.', { default: 1 }),
  },
})

type Part = LineOf<typeof blueprintPart>

const columns = {
  blueprint_id: text('Its id.', { output: true }),
  family: text('Name that its revisions share.', { required: true, replaces: 'after' }),
  size: integer('How large.', { default: 1, replaces: 'after' }),
  parts: listOf(blueprintPart, { replaces: 'after' }),
  revision: integer('Which of its family.', { output: true }),
  state: text('Where it is in its life.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const { Create, Describe, Modify, Delete, Families } = commands.blueprint

const idOf = ({ Id }: Item): CloudId => ({ blueprint_id: Id })
const tagsOf = ({ Attributes: { tags: all } }: Item): TagMap => (all ?? {}) as TagMap

const blueprints = versioned<Row, Item>({
  families: (cloud) => cloud.pages(Families, {}, (page) => page.Names),
  newest: async (family, cloud) =>
    (await cloud.send(Describe, { Where: { family }, IsNewest: true })).Items[0],
  read: async ({ blueprint_id: id = '' }, cloud) => (await cloud.send(Describe, { Ids: [id] })).Items[0],
  revisions: async function* (family, cloud) {
    const all = cloud.pages(Describe, { Where: { family } }, (page) => page.Items)
    for (const item of (await Array.fromAsync(all)).reverse()) yield idOf(item)
  },
  familyOf: ({ family }) => family,
  tokenOf: (item) => tagsOf(item)[tokenTag],
})

export const blueprint = defineTable({
  name: 'blueprint',
  description: 'A blueprint.',
  naturalKey: ['family'],
  uniqueKey: false,
  settleMs: kinds.blueprint.settleMs,
  columns,
  mapper: defineMapper<Row, Item>()({
    client: SimulatedClient,
    operations: [
      'ListBlueprintFamilies',
      'DescribeBlueprints',
      'CreateBlueprint',
      'ModifyBlueprint',
      'DeleteBlueprint',
    ],
    idOf,
    ...blueprints,
    async create({ family, size, parts, tags: wanted }, token, cloud) {
      const { Item: made } = await cloud.send(Create, {
        Attributes: {
          family,
          size,
          parts: parts as readonly JsonObject[],
          tags: { ...wanted, [tokenTag]: token },
        },
      })
      return done(idOf(made))
    },
    async update(seen, want, _, __, cloud) {
      const { put, remove } = tagChanges(visibleTags(tagsOf(seen)), want.tags)
      await cloud.send(Modify, { Id: seen.Id, PutTags: put, RemoveTags: remove })
      return done(idOf(seen))
    },
    async delete(seen, _, cloud) {
      await cloud.send(Delete, { Id: seen.Id })
      return done(idOf(seen))
    },
    toRow: (item) => ({
      blueprint_id: item.Id,
      family: String(item.Attributes.family),
      size: Number(item.Attributes.size),
      parts: ((item.Attributes.parts ?? []) as readonly Part[]).map((part) => lineFrom(blueprintPart, part)),
      revision: Number(item.Attributes.revision),
      state: item.State,
      tags: visibleTags(tagsOf(item)),
    }),
  }),
})
