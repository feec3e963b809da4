/** Load balancers as users type them: groups of targets are replaced under the listeners and rules that forward to them. */
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

/** Refused until it is set to another. */
let refused = ''

const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const send = async <Input extends object, Output extends object>(
      command: SdkCommandClass<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      if (command.name === refused) throw new IasqlError('cloud/invalid', 'not now')
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

let lab: TenantLab
let elb: ElasticLoadBalancingV2Client

const network = `
INSERT INTO vpc (cidr_block, tags) VALUES ('10.70.0.0/16', '{"Name": "net"}'), ('10.71.0.0/16', '{"Name": "far"}');
INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
  SELECT find_vpc('net'), s.cidr, s.zone
  FROM (VALUES ('10.70.1.0/24', 'us-east-1a'), ('10.70.2.0/24', 'us-east-1b')) s (cidr, zone);
INSERT INTO load_balancer (load_balancer_name, scheme) VALUES ('lb', 'internal');
INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id) SELECT b.id, s.id FROM load_balancer b, subnet s WHERE s.cidr_block LIKE '10.70.%';
INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc)
  SELECT name, 'ip', 'HTTP', 80, find_vpc('net') FROM (VALUES ('web'), ('blue'), ('green')) g (name);
INSERT INTO listener (load_balancer_id, port, protocol, target_group_id)
  VALUES (find_load_balancer('lb'), 80, 'HTTP', find_target_group('web'));
INSERT INTO listener_rule (listener_id, priority, path_patterns, target_group_id)
  SELECT id, 10, '["/web/*"]', find_target_group('web') FROM listener`

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: refusing })
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

const groupArn = async (name: string): Promise<string | undefined> => {
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}))
  return TargetGroups.find(({ TargetGroupName }) => TargetGroupName === name)?.TargetGroupArn
}

const actionsInCloud = async () => {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}))
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: Listeners[0]?.ListenerArn }))
  const rules = Rules.filter(({ IsDefault }) => !IsDefault)
  return [
    ...Listeners.flatMap(({ DefaultActions = [] }) => DefaultActions),
    ...rules.flatMap(({ Actions = [] }) => Actions),
  ]
}

const expectForwarding = async (name: string): Promise<void> => {
  const arn = await groupArn(name)
  expect(arn).toBeDefined()
  for (const action of await actionsInCloud())
    expect(action).toMatchObject({ Type: 'forward', TargetGroupArn: arn })
  expect(
    await lab.user.query(
      `SELECT l.action_type, g.target_group_name FROM listener l LEFT JOIN target_group g ON g.id = l.target_group_id
       UNION ALL
       SELECT r.action_type, g.target_group_name FROM listener_rule r LEFT JOIN target_group g ON g.id = r.target_group_id`,
    ),
  ).toEqual([1, 2].map(() => ({ action_type: 'forward', target_group_name: name })))
}

const expectAtRest = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
}

test.each([
  ['another port', `UPDATE target_group SET port = 8080 WHERE target_group_name = 'web'`, 'web'],
  ['another vpc', `UPDATE target_group SET vpc = find_vpc('far') WHERE target_group_name = 'web'`, 'web'],
  ['another network', `UPDATE vpc SET cidr_block = '10.71.0.0/17' WHERE tags ->> 'Name' = 'far'`, 'web'],
  [
    'another name',
    `UPDATE target_group SET target_group_name = 'shop' WHERE target_group_name = 'web'`,
    'shop',
  ],
])('who forwards to a group forwards to its successor with %s', async (_, edit, name) => {
  const before = await groupArn('web')
  await lab.user.run(edit)

  await lab.call('iasql_apply')

  expect(await groupArn(name)).not.toBe(before)
  await expectForwarding(name)
  await expectAtRest()
})

/** Refused halfway, with the old group gone and no new one made. */
async function failHalfway(edit: string): Promise<void> {
  refused = 'CreateTargetGroupCommand'
  await lab.user.run(edit)
  await expect(lab.call('iasql_apply')).rejects.toThrow('changes failed')
  refused = ''
}

test('who was left without a group forwards again with the next apply, also after a sync', async () => {
  await failHalfway(`UPDATE target_group SET port = 8081 WHERE target_group_name = 'shop'`)
  expect((await actionsInCloud()).map(({ Type }) => Type)).toEqual(['fixed-response', 'fixed-response'])

  await lab.call('iasql_sync')
  await lab.call('iasql_apply')

  await expectForwarding('shop')
  await expectAtRest()
})

test.each([
  ['a listener', 'UPDATE listener SET target_group_id = NULL'],
  ['a rule', 'UPDATE listener_rule SET target_group_id = NULL'],
  [
    'a new listener',
    `INSERT INTO listener (load_balancer_id, port, protocol) VALUES (find_load_balancer('lb'), 90, 'HTTP')`,
  ],
])('%s that forwards to nobody is refused at the statement', async (_, statement) => {
  await expect(lab.user.run(statement)).rejects.toThrow('forward_needs_target_group_id_or_target_groups')
})

const shares = `INSERT INTO listener_target_group (listener_id, target_group_id, weight)
  SELECT l.id, g.id, 5 FROM new_listener l, target_group g WHERE g.target_group_name IN ('blue', 'green')`
const insertListener = (port: number) =>
  `INSERT INTO listener (load_balancer_id, port, protocol) VALUES (find_load_balancer('lb'), ${port}, 'HTTP')`

test('a new listener gets its shares in the same statement, or the same transaction', async () => {
  await lab.user.run(`WITH new_listener AS (${insertListener(91)} RETURNING id) ${shares}`)
  await lab.user.run(`DO $$ BEGIN
    ${insertListener(92)};
    WITH new_listener AS (SELECT id FROM listener WHERE port = 92) ${shares};
  END $$`)

  const planned = await lab.call('iasql_preview')
  await lab.call('iasql_apply')

  expect(planned.map(lineOf)).toEqual(['create listener', 'create listener'])
  await expectAtRest()
  await lab.user.run('DELETE FROM listener WHERE port > 90')
  await lab.call('iasql_apply')
})

const expectShared = async (): Promise<void> => {
  const [action] = await actionsInCloud()
  expect(action?.ForwardConfig?.TargetGroups?.map(({ TargetGroupArn }) => TargetGroupArn).sort()).toEqual(
    [await groupArn('blue'), await groupArn('green')].sort(),
  )
}

test('a share of a group goes to its successor', async () => {
  await lab.user.run(
    `INSERT INTO listener_target_group (listener_id, target_group_id, weight)
     SELECT l.id, g.id, 5 FROM listener l, target_group g WHERE g.target_group_name IN ('blue', 'green')`,
  )
  await lab.user.run('UPDATE listener SET target_group_id = NULL')
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE target_group SET port = 81 WHERE target_group_name = 'blue'`)

  await lab.call('iasql_apply')

  await expectShared()
  await expectAtRest()
})

test('a share that was left without its group goes to the successor with the next apply, also after a sync', async () => {
  await failHalfway(`UPDATE target_group SET port = 82 WHERE target_group_name = 'blue'`)

  await lab.call('iasql_sync')
  await lab.call('iasql_apply')

  await expectShared()
  await expectAtRest()
})

test('shares that were imported show the same groups', async () => {
  await lab.call('iasql_uninstall', [['aws_elb']])
  await lab.call('iasql_install', [['aws_elb']])

  expect(
    await lab.user.query(
      `SELECT g.target_group_name, s.weight FROM listener_target_group s JOIN target_group g ON g.id = s.target_group_id
       ORDER BY 1`,
    ),
  ).toEqual(['blue', 'green'].map((name) => ({ target_group_name: name, weight: 5 })))
  await expectAtRest()
})

test('who shares among groups lets go of one that is deleted', async () => {
  await lab.user.run(`UPDATE listener SET target_group_id = find_target_group('shop')`)
  await lab.user.run('DELETE FROM listener_target_group')
  await lab.user.run(`DELETE FROM target_group WHERE target_group_name IN ('blue', 'green')`)

  await lab.call('iasql_apply')

  expect([await groupArn('blue'), await groupArn('green')]).toEqual([undefined, undefined])
  await expectForwarding('shop')
  await expectAtRest()
})
