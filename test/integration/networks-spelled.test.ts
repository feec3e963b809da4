/** Networks that the cloud spells otherwise than PostgreSQL: their rows come, change and go like any others. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonicalCidr } from '#modules/kit/index.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab()
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_vpc', 'aws_security_group']])
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.41.0.0/16', '{"Name":"net"}')`)
  await lab.user.run(`INSERT INTO internet_gateway (vpc_id, tags)
    SELECT id, '{"Name":"one"}' FROM vpc WHERE tags->>'Name' = 'net'`)
  await lab.user.run(`INSERT INTO internet_gateway (tags) VALUES ('{"Name":"two"}')`)
  await lab.user.run(
    `INSERT INTO route_table (vpc_id, tags) SELECT id, '{"Name":"out"}' FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.user.run(`INSERT INTO security_group (group_name, description, vpc_id)
    SELECT 'guard', 'Guard.', id FROM vpc WHERE tags->>'Name' = 'net'`)
  await lab.call('iasql_apply')
})
afterAll(async () => {
  await lab.close()
})

const only = async (sql: string): Promise<Readonly<Record<string, string>>> =>
  (await lab.user.query<Record<string, string>>(sql))[0] ?? {}

test.each([
  ...['2400:6500:0c22:0100::/56', '2001:DB8:0:0:1:0:0:0/80', '2001:db8:0:1:0:0:0:1/128', '::/0', '0:0::0/0'],
  ...['1:0:0:2:0:0:0:3/128', '0:0:0:1::/64', '::1/128', '::2/128', '::1:0/112', '::ffff:1.2.3.4/128'],
  ...['::1.2.3.4/128', '::ffff:0:0/96', '64:ff9b::/96', 'fe80:0000:0000:0000:0000:0000:0000:0000/10'],
  ...['10.0.0.0/8', '0.0.0.0/0', '192.0.2.1/32'],
])('%s is spelled as PostgreSQL does', async (network) => {
  const { spelled } = await only(`SELECT ('${network}'::cidr)::text AS spelled`)

  expect(canonicalCidr(network)).toBe(spelled)
})

test('a route is read as PostgreSQL writes its network, and followed under that name', async () => {
  const { id, route_table_id: RouteTableId } = await only(
    `SELECT id, route_table_id FROM route_table WHERE tags->>'Name' = 'out'`,
  )
  const { internet_gateway_id: GatewayId } = await only(
    `SELECT internet_gateway_id FROM internet_gateway WHERE tags->>'Name' = 'one'`,
  )
  const DestinationIpv6CidrBlock = '2001:0DB8:0c22:0000::/56'
  await ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, DestinationIpv6CidrBlock }))

  await lab.call('iasql_sync')

  const routes = `SELECT destination, state FROM route WHERE route_table_id = ${id} AND destination LIKE '%:%'`
  expect(await lab.user.query(routes)).toEqual([{ destination: '2001:db8:c22::/56', state: 'active' }])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  await lab.user.run(`UPDATE route SET internet_gateway_id =
    (SELECT id FROM internet_gateway WHERE tags->>'Name' = 'two') WHERE destination LIKE '%:%'`)
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['update route'])
  await lab.user.run(`DELETE FROM route WHERE destination LIKE '%:%'`)
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['delete route'])
  const { RouteTables = [] } = await ec2.send(
    new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId ?? ''] }),
  )
  expect(RouteTables[0]?.Routes?.filter((route) => route.DestinationIpv6CidrBlock)).toEqual([])
})

test('a rule is read as PostgreSQL writes its network, and found again by that', async () => {
  const { group_id: GroupId } = await only(`SELECT group_id FROM security_group WHERE group_name = 'guard'`)
  const traffic = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }
  const IpPermissions = [{ ...traffic, Ipv6Ranges: [{ CidrIpv6: '2001:0DB8:0c23:0000::/56' }] }]
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  const asked = `INSERT INTO security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv6)
    SELECT id, false, 'tcp', 443, 443, '2001:db8:c23::/56' FROM security_group WHERE group_name = 'guard'`
  await lab.user.run(asked)

  const lines = (await lab.call('iasql_preview')).map(lineOf)
  await lab.call('iasql_apply')

  expect(lines).toEqual(['adopt security_group_rule'])
  const rules = `SELECT cidr_ipv6, security_group_rule_id IS NOT NULL AS is_known FROM security_group_rule WHERE cidr_ipv6 LIKE '2001%'`
  expect(await lab.user.query(rules)).toEqual([{ cidr_ipv6: '2001:db8:c23::/56', is_known: true }])
  await lab.user.run(`DELETE FROM security_group_rule WHERE cidr_ipv6 LIKE '2001%'`)
  await lab.call('iasql_apply')
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({}))
  expect(SecurityGroupRules.filter(({ CidrIpv6 }) => CidrIpv6?.startsWith('2001'))).toEqual([])
})
