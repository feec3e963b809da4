/** Stores: one row, one store with its settings, each of which the cloud keeps for itself. */
import {
  type CloudApi,
  type CloudId,
  choice,
  defineMapper,
  defineTable,
  done,
  type Json,
  partOf,
  partsOf,
  policyDocument,
  type RowOf,
  type SeenParts,
  type TagMap,
  tags,
  text,
  waiting,
} from '#modules/kit/index.ts'
import { commands, type Item, SimulatedClient } from './commands.ts'
import { kinds } from './kinds.ts'

const ownCall = ['create', 'update'] as const

const columns = {
  store_id: text('Its id.', { output: true }),
  name: text('Its name.', { required: true, replaces: 'after' }),
  policy: policyDocument('Who may use it.', { clearable: true, part: 'policy', ownCall }),
  keeping: choice(['no', 'yes', 'paused'], 'Whether it keeps what was there before.', {
    default: 'no',
    part: 'keeping',
    ownCall,
  }),
  state: text('Where it is in its life.', { output: true }),
  tags: tags({ part: 'tags', ownCall }),
}

type Row = RowOf<typeof columns>

const { Create, Describe, List, Delete, GetSetting, PutSetting, RemoveSetting } = commands.store

const part = partOf<Row>()
const at = ({ store_id: Id = '' }: CloudId) => ({ Id })

const read = (Name: string) => async (id: CloudId, cloud: CloudApi) =>
  (await cloud.send(GetSetting, { ...at(id), Name })).Value
const write = (Name: string, id: CloudId, cloud: CloudApi) => (Value: Json) =>
  Value === null
    ? cloud.send(RemoveSetting, { ...at(id), Name })
    : cloud.send(PutSetting, { ...at(id), Name, Value })

const settings = partsOf<Row>()(
  columns,
  {
    policy: part({
      read: read('policy'),
      toRow: (policy) => ({ policy: policy ?? null }),
      write: (id, want, cloud) => write('policy', id, cloud)(want.policy),
    }),
    keeping: part({
      read: read('keeping'),
      toRow: (keeping) => ({ keeping: (keeping ?? 'no') as Row['keeping'] }),
      write: (id, want, cloud) => write('keeping', id, cloud)(want.keeping),
    }),
    tags: part({
      read: read('tags'),
      toRow: (all) => ({ tags: (all ?? {}) as TagMap }),
      write: (id, { tags: all }, cloud) =>
        write('tags', id, cloud)(Object.keys(all ?? {}).length > 0 ? all : null),
    }),
  },
  'NoSuchStore',
)

interface SeenStore {
  readonly item: Item
  /** Absent in a list. */
  readonly settings?: SeenParts
}

const idOf = ({ item }: SeenStore): CloudId => ({ store_id: item.Id })

async function readStores(found: AsyncIterable<Item>, cloud: CloudApi): Promise<readonly SeenStore[]> {
  return await cloud.each(await Array.fromAsync(found), async (item) => {
    const seen = await settings.read(idOf({ item }), cloud)
    return seen && { item, settings: seen }
  })
}

export const store = defineTable({
  name: 'store',
  description: 'A store.',
  naturalKey: ['name'],
  named: true,
  settleMs: kinds.store.settleMs,
  hydrates: settings.columns,
  columns,
  mapper: defineMapper<Row, SeenStore>()({
    client: SimulatedClient,
    operations: [
      'ListStores',
      'DescribeStores',
      'CreateStore',
      'DeleteStore',
      'GetStoreSetting',
      'PutStoreSetting',
      'RemoveStoreSetting',
    ],
    idOf,
    async *list(_, cloud) {
      for await (const item of cloud.pages(List, {}, (page) => page.Items)) yield { item }
    },
    get: (ids, cloud) =>
      readStores(
        cloud.pages(Describe, { Ids: ids.map((id) => at(id).Id) }, (page) => page.Items),
        cloud,
      ),
    findByName: async ({ name }, cloud) =>
      (
        await readStores(
          cloud.pages(Describe, { Name: name }, (page) => page.Items),
          cloud,
        )
      )[0],
    async create({ name }, _, cloud) {
      const { Item: made } = await cloud.send(Create, { Attributes: { name } })
      return waiting(idOf({ item: made }), 'its settings', 'again')
    },
    async update(seen, want, delta, _, cloud) {
      await settings.write({ id: idOf(seen), seen: seen.settings ?? {}, want, delta }, cloud)
      return done(idOf(seen))
    },
    async delete(seen, _, cloud) {
      await cloud.send(Delete, { Id: seen.item.Id })
      return done(idOf(seen))
    },
    toRow: ({ item, settings: seen = {} }) => ({
      store_id: item.Id,
      name: String(item.Attributes.name),
      ...settings.toRow(seen),
      state: item.State,
    }),
  }),
})
