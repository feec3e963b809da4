/** Places of rules: a listener has each only once, whoever leaves one or takes it in the same apply. */
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let elb: ElasticLoadBalancingV2Client

const network = `
INSERT INTO vpc (cidr_block, tags) VALUES ('10.70.0.0/16', '{"Name": "net"}');
INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
  SELECT find_vpc('net'), s.cidr, s.zone
  FROM (VALUES ('10.70.1.0/24', 'us-east-1a'), ('10.70.2.0/24', 'us-east-1b')) s (cidr, zone);
INSERT INTO load_balancer (load_balancer_name, scheme) VALUES ('lb', 'internal');
INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id) SELECT b.id, s.id FROM load_balancer b, subnet s;
INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc)
  VALUES ('web', 'ip', 'HTTP', 80, find_vpc('net'));
INSERT INTO listener (load_balancer_id, port, protocol, target_group_id)
  VALUES (find_load_balancer('lb'), 80, 'HTTP', find_target_group('web'))`

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

const insertRule = (priority: number, path: string): Promise<unknown> =>
  lab.user.run(
    `INSERT INTO listener_rule (listener_id, priority, path_patterns, target_group_id)
     SELECT id, :priority, jsonb_build_array(CAST(:path AS text)), find_target_group('web') FROM listener`,
    { priority, path },
  )

const move = (from: number, to: number): Promise<unknown> =>
  lab.user.run('UPDATE listener_rule SET priority = :to WHERE priority = :from', { from, to })

beforeEach(async () => {
  await lab.user.run('DELETE FROM listener_rule')
  await lab.call('iasql_apply')
  for (const priority of [10, 20, 30]) await insertRule(priority, `/${priority}`)
  await lab.call('iasql_apply')
})

/** Paths by place, as AWS has them. */
const placesInCloud = async (): Promise<Readonly<Record<string, string | undefined>>> => {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}))
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: Listeners[0]?.ListenerArn }))
  const own = Rules.filter(({ IsDefault }) => !IsDefault)
  return Object.fromEntries(
    own.map(({ Priority, Conditions = [] }) => [Priority, Conditions[0]?.PathPatternConfig?.Values?.[0]]),
  )
}

const applyAndRest = async (): Promise<void> => {
  await lab.call('iasql_apply')
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
}

test('a new rule takes a place that another leaves', async () => {
  await lab.user.run('UPDATE listener_rule SET priority = 40 WHERE priority = 10')
  await insertRule(10, '/new')

  await applyAndRest()

  expect(await placesInCloud()).toEqual({ 10: '/new', 20: '/20', 30: '/30', 40: '/10' })
})

test('a rule takes the place of one that is deleted, and a third its own', async () => {
  await lab.user.run('DELETE FROM listener_rule WHERE priority = 30')
  await move(20, 30)
  await move(10, 20)

  await applyAndRest()

  expect(await placesInCloud()).toEqual({ 20: '/10', 30: '/20' })
})

test('rules trade their places, also where one of them waits for a new group', async () => {
  await lab.user.run(`INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc)
    VALUES ('late', 'ip', 'HTTP', 80, find_vpc('net'))`)
  await lab.user.run(
    `UPDATE listener_rule SET target_group_id = find_target_group('late') WHERE priority = 10`,
  )
  await move(10, 1_000)
  await move(20, 10)
  await move(1_000, 20)

  await applyAndRest()

  expect(await placesInCloud()).toEqual({ 10: '/20', 20: '/10', 30: '/30' })
})

test('rules that traded places trade them back, by a rollback and by a revert', async () => {
  const ann = await openSession(sessionLab(lab), 'ann')
  const places = () => lab.user.query('SELECT id, priority FROM listener_rule ORDER BY id')
  const before = await places()
  const trade = [
    'UPDATE listener_rule SET priority = 1000 WHERE priority = 10',
    'UPDATE listener_rule SET priority = 10 WHERE priority = 20',
    'UPDATE listener_rule SET priority = 20 WHERE priority = 1000',
  ]

  await ann.call('iasql_begin')
  await ann.write(...trade)
  await ann.call('iasql_rollback')
  const rolledBack = await places()
  const xid = await ann.write(...trade)
  await applyAndRest()
  await ann.call('iasql_revert', [xid])
  await applyAndRest()

  expect(rolledBack).toEqual(before)
  expect(await places()).toEqual(before)
  expect(await placesInCloud()).toEqual({ 10: '/10', 20: '/20', 30: '/30' })
})
