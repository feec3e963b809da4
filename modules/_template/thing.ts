/** Things: one row, one thing. (An EC2 placement group stands in for it until you replace it.) */
import {
  CreatePlacementGroupCommand,
  DeletePlacementGroupCommand,
  DescribePlacementGroupsCommand,
  EC2Client,
  type PlacementGroup,
} from '@aws-sdk/client-ec2'
import { choice, defineMapper, defineTable, done, type RowOf, text, unlessAbsent } from '../kit/index.ts'

const columns = {
  name: text('Name of the thing.', { required: true, replaces: 'after' }),
  strategy: choice(['cluster', 'spread'], 'How instances are spread.', {
    default: 'cluster',
    replaces: 'before',
  }),
  state: text('pending, available, deleting or deleted.', { output: true }),
}

type Row = RowOf<typeof columns>

const idOf = (seen: PlacementGroup) => ({ name: seen.GroupName ?? '' })

export const thing = defineTable({
  name: 'thing',
  description: 'A thing: say in one sentence what AWS calls it and what it is for.',
  naturalKey: ['name'],
  named: true,
  columns,
  mapper: defineMapper<Row, PlacementGroup>()({
    client: EC2Client,
    operations: ['DescribePlacementGroups', 'CreatePlacementGroup', 'DeletePlacementGroup'],
    idOf,
    async *list(_, cloud) {
      yield* (await cloud.send(DescribePlacementGroupsCommand, {})).PlacementGroups ?? []
    },
    get: (ids, cloud) =>
      cloud.each(ids, async ({ name = '' }) => {
        const read = cloud.send(DescribePlacementGroupsCommand, { GroupNames: [name] })
        return (await unlessAbsent(read))?.PlacementGroups?.[0]
      }),
    async findByName({ name }, cloud) {
      const read = cloud.send(DescribePlacementGroupsCommand, { GroupNames: [name] })
      return (await unlessAbsent(read))?.PlacementGroups?.[0]
    },
    async create(want, _, cloud) {
      await cloud.send(CreatePlacementGroupCommand, { GroupName: want.name, Strategy: want.strategy })
      return done({ name: want.name })
    },
    update: async (seen) => done(idOf(seen)),
    async delete(seen, _, cloud) {
      await cloud.send(DeletePlacementGroupCommand, { GroupName: seen.GroupName })
      return done(idOf(seen))
    },
    settled: (seen) => seen.State === 'available',
    toRow: (seen) => ({
      name: seen.GroupName ?? '',
      strategy: seen.Strategy === 'spread' ? 'spread' : 'cluster',
      state: seen.State ?? null,
    }),
  }),
})
