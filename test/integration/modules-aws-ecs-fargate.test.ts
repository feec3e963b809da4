/** A shop on Fargate as a user types it: network, load balancer, task and service in one batch, one apply each way. */
import { DescribeServicesCommand, ECSClient, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs'
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apply, preview, sql, sync } from '../modules/steps.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let ecs: ECSClient
let elb: ElasticLoadBalancingV2Client
let hidden: string | undefined

const install = "SELECT * FROM iasql_install('aws_ecs_fargate')"

beforeAll(async () => {
  host = await startLiveHost()
  ecs = new ECSClient(host.awsConfiguration)
  elb = new ElasticLoadBalancingV2Client(host.awsConfiguration)
  await sql(host, 'CREATE TABLE container_definition (name text)')
  hidden = (await host.client.run(install)).statements.at(-1)?.error?.message
  await sql(host, 'DROP TABLE container_definition')
  await sql(host, install)
  await sql(host, shop)
})
afterAll(async () => {
  ecs?.destroy()
  elb?.destroy()
  await host?.stop()
})

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
})

const shop = `BEGIN;
INSERT INTO vpc (cidr_block, tags) VALUES ('10.60.0.0/16', '{"Name": "shop"}');
INSERT INTO subnet (vpc_id, cidr_block, availability_zone, tags)
  SELECT v.id, s.cidr, s.zone, jsonb_build_object('Name', s.zone) FROM vpc v,
    (VALUES ('10.60.1.0/24', 'us-east-1a'), ('10.60.2.0/24', 'us-east-1b')) s (cidr, zone) WHERE v.tags ->> 'Name' = 'shop';
INSERT INTO security_group (group_name, description, vpc_id)
  SELECT 'shop', 'The shop', id FROM vpc WHERE tags ->> 'Name' = 'shop';
INSERT INTO log_group (log_group_name) VALUES ('/ecs/shop');
INSERT INTO iam_role (role_name, assume_role_policy_document) VALUES ('shop-execution', '${trust}');
INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc, health_check_path)
  SELECT 'shop', 'ip', 'HTTP', 80, id, '/health' FROM vpc WHERE tags ->> 'Name' = 'shop';
INSERT INTO load_balancer (load_balancer_name) VALUES ('shop');
INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id)
  SELECT b.id, s.id FROM load_balancer b, subnet s WHERE s.cidr_block LIKE '10.60.%';
INSERT INTO load_balancer_security_group (load_balancer_id, security_group_id)
  SELECT b.id, g.id FROM load_balancer b, security_group g WHERE g.group_name = 'shop';
INSERT INTO listener (load_balancer_id, port, protocol, target_group_id)
  SELECT b.id, 80, 'HTTP', t.id FROM load_balancer b, target_group t;
INSERT INTO listener_rule (listener_id, priority, path_patterns, action_type, fixed_response_status_code)
  SELECT id, 10, '["/secret/*"]', 'fixed-response', '404' FROM listener;
INSERT INTO cluster (cluster_name) VALUES ('shop');
INSERT INTO task_definition (family, cpu_memory, execution_role_name)
  VALUES ('shop', 'vCPU0.25-0.5GB', 'shop-execution');
INSERT INTO container_definition (task_definition_id, name, image, container_port, env_variables, log_group_id)
  SELECT t.id, 'web', 'nginx:1.29', 80, '{"STAGE": "trial"}', l.id FROM task_definition t, log_group l;
INSERT INTO service (name, cluster_id, task_definition_id, desired_count)
  SELECT 'web', c.id, t.id, 2 FROM cluster c, task_definition t;
INSERT INTO service_subnet (service_id, subnet_id)
  SELECT v.id, s.id FROM service v, subnet s WHERE s.cidr_block LIKE '10.60.%';
INSERT INTO service_security_group (service_id, security_group_id)
  SELECT v.id, g.id FROM service v, security_group g WHERE g.group_name = 'shop';
INSERT INTO service_load_balancer (service_id, target_group_id, container_name, container_port)
  SELECT v.id, t.id, 'web', 80 FROM service v, target_group t;
COMMIT`

const actions = async (): Promise<readonly string[]> =>
  (await preview(host)).map((row) => `${row.action} ${row.table_name}`).sort()

const service = async () => {
  const asked = new DescribeServicesCommand({ cluster: 'shop', services: ['web'] })
  return (await ecs.send(asked)).services?.find(({ status }) => status === 'ACTIVE')
}
const activeRevisions = async () => {
  const asked = new ListTaskDefinitionsCommand({ familyPrefix: 'shop', status: 'ACTIVE' })
  return ((await ecs.send(asked)).taskDefinitionArns ?? []).map((arn) => arn.split('/').at(-1))
}

const expectConverged = async () => {
  expect(await actions()).toEqual([])
  expect(await sync(host)).toEqual([])
  expect(await actions()).toEqual([])
}

test('a table of the user that lines would hide is not hidden', () => {
  expect(hidden).toMatch(/container_definition/)
})

/** Tables of what the changes of a table wait for, as the plan shows it. */
async function awaitedBy(table: string): Promise<readonly string[]> {
  const rows = await sql(host, 'SELECT table_name, change_id, depends_on FROM iasql_preview()')
  const own = rows.filter(({ table_name }) => table_name === table)
  const awaited = own.flatMap(({ depends_on }) => String(depends_on).match(/\d+/g) ?? [])
  const names = rows.flatMap(({ change_id, table_name }) =>
    awaited.includes(String(change_id)) ? [String(table_name)] : [],
  )
  return [...new Set(names)].sort()
}

test('cluster, task, service and load balancer come in one apply', async () => {
  expect(await awaitedBy('service')).toEqual([
    'cluster',
    'listener',
    'security_group',
    'subnet',
    'target_group',
    'task_definition',
  ])

  await apply(host)

  const made = await service()
  expect(made).toMatchObject({ desiredCount: 2, taskDefinition: expect.stringMatching(/shop:1$/) })
  expect(made?.loadBalancers).toHaveLength(1)
  expect(made?.networkConfiguration?.awsvpcConfiguration?.subnets).toHaveLength(2)
  const [balancer] = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? []
  expect(balancer?.SecurityGroups).toHaveLength(1)
  expect(balancer?.AvailabilityZones).toHaveLength(2)
  await expectConverged()
})

test('the lines of a resource read as rows, with references to other rows', async () => {
  const rows = await sql(
    host,
    `SELECT c.name, c.image, c.essential, c.protocol, c.env_variables ->> 'STAGE' AS stage, l.log_group_name
     FROM container_definition c JOIN log_group l ON l.id = c.log_group_id`,
  )

  expect(rows).toEqual([
    {
      name: 'web',
      image: 'nginx:1.29',
      essential: 't',
      protocol: 'tcp',
      stage: 'trial',
      log_group_name: '/ecs/shop',
    },
  ])
})

test('another image makes one new revision, and the service follows it', async () => {
  await sql(host, "UPDATE container_definition SET image = 'nginx:1.30' WHERE name = 'web'")
  expect(await actions()).toEqual(['replace task_definition', 'update service'])

  await apply(host)

  expect(await activeRevisions()).toEqual(['shop:2'])
  expect((await service())?.taskDefinition).toMatch(/shop:2$/)
  expect(await sql(host, 'SELECT revision FROM task_definition')).toEqual([{ revision: '2' }])
  await expectConverged()
})

test('several containers changed in one statement each are still one revision', async () => {
  await sql(
    host,
    `BEGIN;
     INSERT INTO container_definition (task_definition_id, name, image, essential)
       SELECT id, 'proxy', 'envoyproxy/envoy:v1.35', false FROM task_definition;
     UPDATE container_definition SET env_variables = '{"STAGE": "live"}' WHERE name = 'web';
     COMMIT`,
  )

  await apply(host)

  expect(await activeRevisions()).toEqual(['shop:3'])
  await expectConverged()
})

test('a load balancer that is replaced takes its listeners and rules along', async () => {
  await sql(host, "UPDATE load_balancer SET scheme = 'internal'")
  expect(await actions()).toEqual(['replace listener', 'replace listener_rule', 'replace load_balancer'])

  await apply(host)

  const balancers = (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? []
  expect(balancers).toEqual([expect.objectContaining({ Scheme: 'internal' })])
  const { LoadBalancerArn } = balancers[0] ?? {}
  const [listener] = (await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners ?? []
  const rules = await elb.send(new DescribeRulesCommand({ ListenerArn: listener?.ListenerArn }))
  expect(rules.Rules?.filter(({ IsDefault }) => !IsDefault)).toHaveLength(1)
  await expectConverged()
})

test('a target group that makes room for its successor is let go by its listener meanwhile', async () => {
  await sql(host, 'UPDATE target_group SET port = 8080')

  await apply(host)

  const [group] = (await elb.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? []
  expect(group).toMatchObject({ Port: 8080 })
  expect((await service())?.loadBalancers).toEqual([
    expect.objectContaining({ targetGroupArn: group?.TargetGroupArn }),
  ])
  await expectConverged()
})

test('lines are held to what their columns say', async () => {
  const refusal = async (statement: string) =>
    (await host.client.run(statement)).statements.at(-1)?.error?.message

  expect(
    await refusal(
      "INSERT INTO container_definition (task_definition_id, name) SELECT id, 'x' FROM task_definition",
    ),
  ).toMatch(/image/)
  expect(await refusal("UPDATE container_definition SET protocol = 'icmp'")).toMatch(/protocol/)
  expect(
    await refusal(
      'INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id) SELECT load_balancer_id, subnet_id FROM load_balancer_subnet',
    ),
  ).toMatch(/already/)
  expect(
    await refusal(
      "INSERT INTO container_definition (task_definition_id, name, image) VALUES (999, 'x', 'y')",
    ),
  ).toMatch(/999/)
  expect(await actions()).toEqual([])
})

test('lines that were imported read and change like those that were written', async () => {
  const lines =
    'SELECT s.cidr_block FROM load_balancer_subnet l JOIN subnet s ON s.id = l.subnet_id ORDER BY 1'
  const before = await sql(host, lines)
  await sql(host, "SELECT * FROM iasql_uninstall('aws_ecs_fargate')")
  await sql(host, "SELECT * FROM iasql_uninstall('aws_elb')")
  await sql(host, install)

  expect(await sql(host, lines)).toEqual(before)
  expect(await actions()).toEqual([])
  await sql(
    host,
    `BEGIN;
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
      SELECT id, '10.60.3.0/24', 'us-east-1c' FROM vpc WHERE tags ->> 'Name' = 'shop';
    INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id)
      SELECT b.id, s.id FROM load_balancer b, subnet s WHERE s.cidr_block = '10.60.3.0/24';
    DELETE FROM load_balancer_subnet l USING subnet s WHERE s.id = l.subnet_id AND s.cidr_block = '10.60.1.0/24';
    COMMIT`,
  )
  await apply(host)

  expect(await sql(host, lines)).toEqual([{ cidr_block: '10.60.2.0/24' }, { cidr_block: '10.60.3.0/24' }])
  await expectConverged()
})

test('what a line refers to is not deleted from under it', async () => {
  const refused = await host.client.run("DELETE FROM log_group WHERE log_group_name = '/ecs/shop'")

  expect(refused.statements.at(-1)?.error?.message).toMatch(/log_group/)
  expect(await sql(host, 'SELECT log_group_name FROM log_group')).toHaveLength(1)
})

test('everything goes in one apply', async () => {
  await sql(
    host,
    `BEGIN; DELETE FROM service; DELETE FROM task_definition; DELETE FROM cluster; DELETE FROM listener_rule;
     DELETE FROM listener; DELETE FROM load_balancer; DELETE FROM target_group; DELETE FROM log_group;
     DELETE FROM iam_role; DELETE FROM security_group; DELETE FROM subnet; DELETE FROM vpc; COMMIT`,
  )
  expect(await awaitedBy('listener')).toContain('service')

  await apply(host)

  expect(await service()).toBeUndefined()
  expect(await activeRevisions()).toEqual([])
  expect((await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers).toEqual([])
  await expectConverged()
})
