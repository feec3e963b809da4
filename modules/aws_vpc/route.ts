/** Routes: where a route table sends traffic for a destination; one row, one destination. */
import {
  CreateRouteCommand,
  DeleteRouteCommand,
  DescribeVpcsCommand,
  EC2Client,
  ReplaceRouteCommand,
  type Route,
  type RouteTable,
} from '@aws-sdk/client-ec2'
import { byIds, isOwnedElsewhere } from '../kit/ec2/describe.ts'
import {
  arn,
  boolean,
  type CloudApi,
  type CloudId,
  type ColumnDelta,
  canonicalCidr,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  ref,
  reference,
  text,
} from '../kit/index.ts'
import { isMain, routeTables } from './route-tables.ts'

/** A network as PostgreSQL and AWS both write it, or a prefix list; host bits and other spellings are refused at once. */
const destinationCheck = "CASE WHEN {} ~ '^pl-[0-9a-f]+$' THEN true ELSE {} = ({}::cidr)::text END"

const target = (description: string) => text(description, { clearable: true, interrupts: true })

const columns = {
  route_table_id: reference('aws_vpc.route_table', 'Route table it is part of.', {
    required: true,
    replaces: 'after',
  }),
  destination: text('IPv4 or IPv6 network (0.0.0.0/0, ::/0, …) or prefix list (pl-…) it is for.', {
    required: true,
    replaces: 'after',
    check: destinationCheck,
  }),
  internet_gateway_id: reference('aws_vpc.internet_gateway', 'Target: an internet gateway.', {
    clearable: true,
    interrupts: true,
  }),
  gateway_id: target('Target: a virtual private gateway (vgw-…); `local` within the VPC.'),
  nat_gateway_id: target('Target: a NAT gateway (nat-…).'),
  egress_only_internet_gateway_id: target('Target: an egress-only internet gateway (eigw-…), for IPv6.'),
  instance_id: target('Target: an instance (i-…) with one network interface.'),
  network_interface_id: target('Target: a network interface (eni-…); filled for an instance.'),
  transit_gateway_id: target('Target: a transit gateway (tgw-…).'),
  local_gateway_id: target('Target: a local gateway (lgw-…) of an Outpost.'),
  carrier_gateway_id: target('Target: a carrier gateway (cagw-…), for mobile carriers.'),
  vpc_peering_connection_id: target('Target: a peering connection (pcx-…).'),
  vpc_endpoint_id: target('Target: a Gateway Load Balancer endpoint (vpce-…).'),
  core_network_arn: arn('Target: a core network of Cloud WAN.', { clearable: true, interrupts: true }),
  instance_owner_id: text('Account that owns the target instance.', { output: true }),
  origin: text('CreateRouteTable, CreateRoute or EnableVgwRoutePropagation: what made it.', { output: true }),
  state: text('active, or blackhole when the target is gone.', { output: true }),
  is_default: boolean('Whether it is the way out of the default VPC that AWS made.', { output: true }),
}

type Row = RowOf<typeof columns>

interface SeenRoute {
  readonly table: RouteTable
  readonly route: Route
  readonly isDefault: boolean
}

/** As EC2 spells it, which calls about a standing route go by. */
const spelledOf = (route: Route): string =>
  route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? ''

/** As rows and ids spell it. */
const destinationOf = (route: Route): string => canonicalCidr(spelledOf(route))

const idOf = ({ table, route }: SeenRoute) => ({
  route_table_id: table.RouteTableId ?? '',
  destination: destinationOf(route),
})

/** The request's fields that name a route. */
function keyOf({ route_table_id = '', destination = '' }: CloudId) {
  const RouteTableId = route_table_id
  if (destination.startsWith('pl-')) return { RouteTableId, DestinationPrefixListId: destination }
  if (destination.includes(':')) return { RouteTableId, DestinationIpv6CidrBlock: destination }
  return { RouteTableId, DestinationCidrBlock: destination }
}

const keyOfSeen = (seen: SeenRoute) => keyOf({ ...idOf(seen), destination: spelledOf(seen.route) })

const wantedId = (want: Resolved<Row>) => ({
  route_table_id: want.route_table_id.route_table_id ?? '',
  destination: want.destination,
})

const targetOf = (want: Resolved<Row>) => ({
  GatewayId: want.internet_gateway_id?.internet_gateway_id ?? want.gateway_id ?? undefined,
  NatGatewayId: want.nat_gateway_id ?? undefined,
  EgressOnlyInternetGatewayId: want.egress_only_internet_gateway_id ?? undefined,
  InstanceId: want.instance_id ?? undefined,
  NetworkInterfaceId: want.network_interface_id ?? undefined,
  TransitGatewayId: want.transit_gateway_id ?? undefined,
  LocalGatewayId: want.local_gateway_id ?? undefined,
  CarrierGatewayId: want.carrier_gateway_id ?? undefined,
  VpcPeeringConnectionId: want.vpc_peering_connection_id ?? undefined,
  VpcEndpointId: want.vpc_endpoint_id ?? undefined,
  CoreNetworkArn: want.core_network_arn ?? undefined,
})

/** Back to the VPC itself is a flag of ReplaceRoute and not a gateway. */
function replacedBy({ GatewayId, ...others }: ReturnType<typeof targetOf>) {
  return GatewayId === 'local' ? { ...others, LocalTarget: true } : { ...others, GatewayId }
}

/** AWS fills in the interface of a target instance: it is no target of its own unless this edit says so. */
function newTarget(seen: Route, want: Resolved<Row>, delta: ColumnDelta<Row>) {
  const isFilledIn = seen.InstanceId !== undefined && !delta.network_interface_id
  return replacedBy(targetOf(isFilledIn ? { ...want, network_interface_id: null } : want))
}

/** One call tells which of all route tables belong to the VPC that AWS made. */
async function* routesOf(tables: AsyncIterable<RouteTable>, cloud: CloudApi): AsyncIterable<SeenRoute> {
  const filter = { Filters: [{ Name: 'is-default', Values: ['true'] }] }
  const defaults = (await cloud.send(DescribeVpcsCommand, filter)).Vpcs ?? []
  const defaultIds = new Set(defaults.map((vpc) => vpc.VpcId))
  for await (const table of tables)
    for (const route of table.Routes ?? []) {
      const isOut = destinationOf(route) === '0.0.0.0/0' && (route.GatewayId?.startsWith('igw-') ?? false)
      yield { table, route, isDefault: isOut && isMain(table) && defaultIds.has(table.VpcId) }
    }
}

async function readRoutes(ids: readonly CloudId[], ec2: CloudApi): Promise<readonly SeenRoute[]> {
  const tables = await byIds(routeTables, ids, ec2)
  const wanted = new Set(ids.map((id) => `${id.route_table_id} ${id.destination}`))
  const found: SeenRoute[] = []
  for await (const seen of routesOf(iterate(tables), ec2)) {
    const { route_table_id, destination } = idOf(seen)
    if (wanted.has(`${route_table_id} ${destination}`)) found.push(seen)
  }
  return found
}

async function* iterate<Item>(items: readonly Item[]): AsyncIterable<Item> {
  yield* items
}

const tableOf = ({ table }: SeenRoute) =>
  ref('aws_vpc.route_table', { route_table_id: table.RouteTableId ?? '' })

/** EC2 reports four kinds of targets in one field. */
function gatewayOf(id: string | null): Pick<Row, 'internet_gateway_id' | 'vpc_endpoint_id' | 'gateway_id'> {
  const isInternet = id?.startsWith('igw-') ?? false
  const isEndpoint = id?.startsWith('vpce-') ?? false
  return {
    internet_gateway_id: ref(
      'aws_vpc.internet_gateway',
      id && isInternet ? { internet_gateway_id: id } : null,
    ),
    vpc_endpoint_id: isEndpoint ? id : null,
    gateway_id: isInternet || isEndpoint ? null : id,
  }
}

export const route = defineTable({
  name: 'route',
  description: 'Where a route table sends traffic for one destination; give exactly one target.',
  naturalKey: ['route_table_id', 'destination'],
  settleMs: 10_000,
  holdsData: false,
  named: true,
  createdWith: [{ parent: 'aws_vpc.route_table', via: 'route_table_id' }],
  protects: [
    { when: 'is_default', message: 'the internet route of the default VPC is not deleted' },
    { when: "origin = 'EnableVgwRoutePropagation'", message: 'a propagated route is not deleted by itself' },
    {
      when: "vpc_endpoint_id IS NOT NULL AND destination LIKE 'pl-%'",
      message: 'the route of a gateway endpoint goes with the endpoint',
    },
  ],
  columns,
  mapper: defineMapper<Row, SeenRoute>()({
    client: EC2Client,
    operations: ['DescribeRouteTables', 'DescribeVpcs', 'CreateRoute', 'ReplaceRoute', 'DeleteRoute'],
    idOf,
    list: (_, ec2) => routesOf(routeTables.pages(undefined, ec2), ec2),
    get: readRoutes,
    findByName: async (want, ec2) => (await readRoutes([wantedId(want)], ec2))[0],
    async *companions(parent, ec2) {
      const tables = await byIds(routeTables, [parent.id], ec2)
      for await (const seen of routesOf(iterate(tables), ec2))
        if (seen.route.Origin === 'CreateRouteTable') yield seen
    },
    companionOf: (seen) => (seen.route.Origin === 'CreateRouteTable' ? tableOf(seen) : null),
    isExternal: ({ table }, place) => isOwnedElsewhere(table.OwnerId, place),
    async create(want, _, ec2) {
      const id = wantedId(want)
      await ec2.send(CreateRouteCommand, { ...keyOf(id), ...targetOf(want) })
      return done(id)
    },
    async update(seen, want, delta, _, ec2) {
      await ec2.send(ReplaceRouteCommand, { ...keyOfSeen(seen), ...newTarget(seen.route, want, delta) })
      return done(idOf(seen))
    },
    async delete(seen, _, ec2) {
      await ec2.send(DeleteRouteCommand, keyOfSeen(seen))
      return done(idOf(seen))
    },
    toRow: (seen) => {
      const { route } = seen
      return {
        route_table_id: tableOf(seen),
        destination: destinationOf(route),
        ...gatewayOf(route.GatewayId ?? null),
        nat_gateway_id: route.NatGatewayId ?? null,
        egress_only_internet_gateway_id: route.EgressOnlyInternetGatewayId ?? null,
        instance_id: route.InstanceId ?? null,
        network_interface_id: route.NetworkInterfaceId ?? null,
        transit_gateway_id: route.TransitGatewayId ?? null,
        local_gateway_id: route.LocalGatewayId ?? null,
        carrier_gateway_id: route.CarrierGatewayId ?? null,
        vpc_peering_connection_id: route.VpcPeeringConnectionId ?? null,
        core_network_arn: route.CoreNetworkArn ?? null,
        instance_owner_id: route.InstanceOwnerId ?? null,
        origin: route.Origin ?? null,
        state: route.State ?? null,
        is_default: seen.isDefault,
      }
    },
  }),
})
