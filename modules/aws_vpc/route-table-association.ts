/** Which route table serves a subnet or a gateway; the main association comes and goes with its VPC. */
import {
  AssociateRouteTableCommand,
  DisassociateRouteTableCommand,
  EC2Client,
  type Filter,
  ReplaceRouteTableAssociationCommand,
  type RouteTable,
  type RouteTableAssociation,
} from '@aws-sdk/client-ec2'
import { byIds, isOwnedElsewhere, type Kind } from '../kit/ec2/describe.ts'
import {
  boolean,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  ref,
  reference,
  text,
} from '../kit/index.ts'
import { mainOf, routeTables } from './route-tables.ts'

const columns = {
  route_table_association_id: text('Id of the association, made by AWS; new whenever its table changes.', {
    output: true,
  }),
  is_main: boolean('Whether it names the table of the subnets that have none of their own.', {
    output: true,
  }),
  route_table_id: reference('aws_vpc.route_table', 'Route table that serves.', {
    required: true,
    interrupts: true,
  }),
  subnet_id: reference('aws_vpc.subnet', 'Subnet that is served.', { replaces: 'after' }),
  internet_gateway_id: reference(
    'aws_vpc.internet_gateway',
    'Internet gateway whose incoming traffic is routed, instead of a subnet.',
    { replaces: 'before' },
  ),
  gateway_id: text('Virtual private gateway (vgw-…) whose incoming traffic is routed, instead of a subnet.', {
    replaces: 'before',
  }),
  vpc_id: reference('aws_vpc.vpc', 'VPC of the route table.', { output: true }),
}

type Row = RowOf<typeof columns>

interface SeenAssociation {
  readonly table: RouteTable
  readonly association: RouteTableAssociation
}

/** EC2 lists associations with their tables only, and the filter picks tables: the rest of a table's are left out. */
const associations: Kind<SeenAssociation> = {
  async *pages(filters, ec2) {
    for await (const table of routeTables.pages(filters, ec2))
      for (const association of table.Associations ?? []) {
        if (association.AssociationState?.State !== 'disassociated') yield { table, association }
      }
  },
  idFilter: 'association.route-table-association-id',
  idColumn: 'route_table_association_id',
}

const idOf = ({ association }: Pick<SeenAssociation, 'association'>) => ({
  route_table_association_id: association.RouteTableAssociationId ?? '',
})

const vpcOf = ({ table }: SeenAssociation) => ref('aws_vpc.vpc', { vpc_id: table.VpcId ?? '' })

const gatewayOf = (want: Resolved<Row>): string | undefined =>
  want.internet_gateway_id?.internet_gateway_id ?? want.gateway_id ?? undefined

/** A subnet, a gateway or (as main) a VPC has one association at a time: that place is its name. */
function placeOf(want: Resolved<Row>): { filters: Filter[]; isThere: (seen: SeenAssociation) => boolean } {
  const subnetId = want.subnet_id?.subnet_id
  const gatewayId = gatewayOf(want)
  if (subnetId)
    return {
      filters: [{ Name: 'association.subnet-id', Values: [subnetId] }],
      isThere: ({ association }) => association.SubnetId === subnetId,
    }
  if (gatewayId)
    return {
      filters: [{ Name: 'association.gateway-id', Values: [gatewayId] }],
      isThere: ({ association }) => association.GatewayId === gatewayId,
    }
  return {
    filters: mainOf(want.vpc_id?.vpc_id ?? ''),
    isThere: ({ association }) => association.Main === true,
  }
}

const gatewayRow = (id: string | undefined): Pick<Row, 'internet_gateway_id' | 'gateway_id'> => {
  const isInternet = id?.startsWith('igw-') ?? false
  return {
    internet_gateway_id: ref(
      'aws_vpc.internet_gateway',
      id && isInternet ? { internet_gateway_id: id } : null,
    ),
    gateway_id: isInternet ? null : (id ?? null),
  }
}

export const routeTableAssociation = defineTable({
  name: 'route_table_association',
  description: 'Which route table serves a subnet or gateway; the main association is moved, never made.',
  naturalKey: ['subnet_id'],
  uniqueKey: false,
  settleMs: 10_000,
  holdsData: false,
  named: true,
  createdWith: [{ parent: 'aws_vpc.vpc', via: 'vpc_id' }],
  columns,
  mapper: defineMapper<Row, SeenAssociation>()({
    client: EC2Client,
    operations: [
      'DescribeRouteTables',
      'AssociateRouteTable',
      'ReplaceRouteTableAssociation',
      'DisassociateRouteTable',
    ],
    idOf,
    list: (_, ec2) => associations.pages(undefined, ec2),
    async get(ids, ec2) {
      const wanted = new Set(ids.map((id) => id.route_table_association_id))
      const found = await byIds(associations, ids, ec2)
      return found.filter(({ association }) => wanted.has(association.RouteTableAssociationId ?? ''))
    },
    async findByName(want, ec2) {
      const { filters, isThere } = placeOf(want)
      const found: SeenAssociation[] = []
      for await (const seen of associations.pages(filters, ec2)) if (isThere(seen)) found.push(seen)
      return found[0]
    },
    async *companions(vpc, ec2) {
      for await (const seen of associations.pages(mainOf(vpc.id.vpc_id ?? ''), ec2))
        if (seen.association.Main) yield seen
    },
    companionOf: (seen) => (seen.association.Main ? vpcOf(seen) : null),
    isExternal: ({ table }, place) => isOwnedElsewhere(table.OwnerId, place),
    async create(want, _, ec2) {
      const { AssociationId = '' } = await ec2.send(AssociateRouteTableCommand, {
        RouteTableId: want.route_table_id.route_table_id,
        SubnetId: want.subnet_id?.subnet_id,
        GatewayId: gatewayOf(want),
      })
      return done({ route_table_association_id: AssociationId })
    },
    async update(seen, want, _, __, ec2) {
      const RouteTableId = want.route_table_id.route_table_id
      if (seen.association.RouteTableId === RouteTableId) return done(idOf(seen))
      const { NewAssociationId = '' } = await ec2.send(ReplaceRouteTableAssociationCommand, {
        AssociationId: seen.association.RouteTableAssociationId,
        RouteTableId,
      })
      return done({ route_table_association_id: NewAssociationId })
    },
    async delete(seen, _, ec2) {
      await ec2.send(DisassociateRouteTableCommand, {
        AssociationId: seen.association.RouteTableAssociationId,
      })
      return done(idOf(seen))
    },
    settled: ({ association }) => {
      const { State, StatusMessage } = association.AssociationState ?? {}
      return State === 'failed'
        ? { failed: StatusMessage ?? 'the association failed' }
        : State !== 'associating'
    },
    toRow: (seen) => ({
      ...gatewayRow(seen.association.GatewayId),
      route_table_association_id: seen.association.RouteTableAssociationId ?? null,
      is_main: seen.association.Main ?? false,
      route_table_id: ref('aws_vpc.route_table', { route_table_id: seen.association.RouteTableId ?? '' }),
      subnet_id: ref(
        'aws_vpc.subnet',
        seen.association.SubnetId ? { subnet_id: seen.association.SubnetId } : null,
      ),
      vpc_id: vpcOf(seen),
    }),
  }),
})
