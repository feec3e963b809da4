/** Route tables; the main one comes and goes with its VPC. */
import {
  CreateRouteTableCommand,
  DeleteRouteTableCommand,
  EC2Client,
  type RouteTable,
} from '@aws-sdk/client-ec2'
import { byIds, byToken, isOwnedElsewhere, taggedAs } from '../kit/ec2/describe.ts'
import { untagBy, updateTags } from '../kit/ec2/update-tags.ts'
import {
  boolean,
  defineMapper,
  defineTable,
  done,
  type RowOf,
  ref,
  reference,
  tags,
  tagsFrom,
  text,
} from '../kit/index.ts'
import { isMain, mainOf, routeTables } from './route-tables.ts'

const columns = {
  route_table_id: text('Id of the route table, made by AWS.', { output: true }),
  vpc_id: reference('aws_vpc.vpc', 'VPC whose traffic it routes.', { required: true, replaces: 'after' }),
  is_main: boolean('Whether it serves the subnets without a table of their own.', { output: true }),
  owner_id: text('Account that owns it.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const idOf = (table: RouteTable) => ({ route_table_id: table.RouteTableId ?? '' })
const vpcOf = (table: RouteTable) => ref('aws_vpc.vpc', { vpc_id: table.VpcId ?? '' })

export const routeTable = defineTable({
  name: 'route_table',
  description: 'A set of routes for the subnets of a VPC; the main one is made along with the VPC.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: 10_000,
  holdsData: false,
  createdWith: [{ parent: 'aws_vpc.vpc', via: 'vpc_id' }],
  columns,
  mapper: defineMapper<Row, RouteTable>()({
    client: EC2Client,
    operations: ['DescribeRouteTables', 'CreateRouteTable', 'CreateTags', 'DeleteTags', 'DeleteRouteTable'],
    idOf,
    list: (_, ec2) => routeTables.pages(undefined, ec2),
    get: (ids, ec2) => byIds(routeTables, ids, ec2),
    findByToken: (token, ec2) => byToken(routeTables, token, ec2),
    isExternal: (seen, place) => isOwnedElsewhere(seen.OwnerId, place),
    untag: untagBy('route_table_id'),
    companions: (vpc, ec2) => routeTables.pages(mainOf(vpc.id.vpc_id ?? ''), ec2),
    companionOf: (seen) => (isMain(seen) ? vpcOf(seen) : null),
    async create(want, token, ec2) {
      const { RouteTable: made = {} } = await ec2.send(CreateRouteTableCommand, {
        VpcId: want.vpc_id.vpc_id,
        TagSpecifications: taggedAs('route-table', want.tags, token),
      })
      return done(idOf(made))
    },
    async update(seen, want, delta, _, ec2) {
      const id = idOf(seen)
      if (delta.tags) await updateTags(id.route_table_id, { seen: seen.Tags, want: want.tags }, ec2)
      return done(id)
    },
    async delete(seen, _, ec2) {
      await ec2.send(DeleteRouteTableCommand, { RouteTableId: seen.RouteTableId })
      return done(idOf(seen))
    },
    toRow: (seen) => ({
      route_table_id: seen.RouteTableId ?? null,
      vpc_id: vpcOf(seen),
      is_main: isMain(seen),
      owner_id: seen.OwnerId ?? null,
      tags: tagsFrom(seen.Tags),
    }),
  }),
})
