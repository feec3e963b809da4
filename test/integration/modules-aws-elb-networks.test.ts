/** Load balancers in networks that change, and listeners that can do nothing but forward. */
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  type Listener,
  type LoadBalancer,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let elb: ElasticLoadBalancingV2Client

const network = `
INSERT INTO vpc (cidr_block, tags) VALUES ('10.70.0.0/16', '{"Name": "net"}'), ('10.71.0.0/16', '{"Name": "far"}');
INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
  SELECT find_vpc(s.net), s.cidr, s.zone
  FROM (VALUES ('net', '10.70.1.0/24', 'us-east-1a'), ('net', '10.70.2.0/24', 'us-east-1b'),
    ('far', '10.71.1.0/24', 'us-east-1a'), ('far', '10.71.2.0/24', 'us-east-1b')) s (net, cidr, zone);
INSERT INTO load_balancer (load_balancer_name, scheme, load_balancer_type)
  VALUES ('web', 'internal', 'application'), ('wires', 'internal', 'network');
INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id)
  SELECT b.id, s.id FROM load_balancer b, subnet s WHERE s.cidr_block LIKE '10.70.%';
INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc)
  VALUES ('web', 'ip', 'HTTP', 80, find_vpc('net')), ('wires', 'ip', 'TCP', 80, find_vpc('net'));
INSERT INTO listener (load_balancer_id, port, protocol, target_group_id)
  VALUES (find_load_balancer('web'), 80, 'HTTP', find_target_group('web')),
    (find_load_balancer('wires'), 80, 'TCP', find_target_group('wires'));
INSERT INTO listener_rule (listener_id, priority, path_patterns, target_group_id)
  SELECT id, 10, '["/web/*"]', find_target_group('web') FROM listener WHERE protocol = 'HTTP'`

beforeAll(async () => {
  lab = await openTenantLab()
  elb = new ElasticLoadBalancingV2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_elb']])
  for (const statement of network.split(';')) await lab.user.run(statement)
  await lab.call('iasql_apply')
})
afterAll(async () => {
  elb?.destroy()
  await lab?.close()
})

const balancerInCloud = async (name: string): Promise<LoadBalancer> => {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({ Names: [name] }))
  return LoadBalancers[0] ?? {}
}
const listenerInCloud = async (name: string): Promise<Listener> => {
  const { LoadBalancerArn } = await balancerInCloud(name)
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
  expect(Listeners).toHaveLength(1)
  return Listeners[0] ?? {}
}
const groupArn = async (name: string): Promise<string | undefined> => {
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({ Names: [name] }))
  return TargetGroups[0]?.TargetGroupArn
}
const vpcIdOf = async (name: string): Promise<unknown> =>
  (await lab.user.query<{ vpc_id: string }>(`SELECT vpc_id FROM vpc WHERE id = find_vpc('${name}')`))[0]
    ?.vpc_id

const apply = async (): Promise<readonly string[]> => {
  lab.calls.length = 0
  const lines = (await lab.call('iasql_apply')).map(lineOf)
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  return lines
}
const called = (operation: string): boolean => lab.calls.some((call) => call.operation === operation)

test('a listener that only forwards is made again where its group has to go first', async () => {
  const before = await listenerInCloud('wires')
  await lab.user.run(`UPDATE target_group SET port = 81 WHERE target_group_name = 'wires'`)

  const done = await apply()

  expect(done).toContain('replace listener')
  expect(called('ModifyListener')).toBe(false)
  const after = await listenerInCloud('wires')
  expect(after.ListenerArn).not.toBe(before.ListenerArn)
  expect(after.DefaultActions?.[0]?.TargetGroupArn).toBe(await groupArn('wires'))
})

test('it moves over in place where the new group can stand beside the old one', async () => {
  const before = await listenerInCloud('wires')
  await lab.user.run(`UPDATE target_group SET target_group_name = 'cables' WHERE target_group_name = 'wires'`)

  await apply()

  const after = await listenerInCloud('wires')
  expect(after.ListenerArn).toBe(before.ListenerArn)
  expect(after.DefaultActions?.[0]?.TargetGroupArn).toBe(await groupArn('cables'))
})

test('load balancers go along with their network, and what hangs on them with them', async () => {
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.70.0.0/17' WHERE tags ->> 'Name' = 'net'`)

  const done = await apply()

  expect(done.filter((line) => line === 'replace load_balancer')).toHaveLength(2)
  expect(done).toEqual(expect.arrayContaining(['replace listener', 'replace listener_rule']))
  expect(called('SetSubnets')).toBe(false)
  expect((await balancerInCloud('web')).VpcId).toBe(await vpcIdOf('net'))
})

test('a load balancer that is put into subnets of another network is made again there', async () => {
  await lab.user.run(`DELETE FROM load_balancer_subnet WHERE load_balancer_id = find_load_balancer('web')`)
  await lab.user.run(`INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id)
    SELECT find_load_balancer('web'), id FROM subnet WHERE vpc_id = find_vpc('far')`)
  await lab.user.run(`UPDATE target_group SET vpc = find_vpc('far') WHERE target_group_name = 'web'`)

  const done = await apply()

  expect(done).toContain('replace load_balancer')
  expect((await balancerInCloud('web')).VpcId).toBe(await vpcIdOf('far'))
  expect((await listenerInCloud('web')).DefaultActions?.[0]?.TargetGroupArn).toBe(await groupArn('web'))
})
