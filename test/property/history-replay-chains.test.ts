/** Histories of what refers to what: rules of groups, load balancers with their lines, tasks with containers. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  expectSameTables,
  expectSummedUp,
  type Forms,
  type Histories,
  one,
  openHistories,
  statementOf,
  stepOf,
} from '#test/support/histories.ts'
import type { TenantLab } from '#test/support/tenant-lab.ts'

let histories: Histories

/** Children before parents. */
const cleared = [
  'listener_rule',
  'listener',
  'load_balancer',
  'target_group',
  'task_definition',
  'cluster',
  'log_group',
  'security_group_rule',
  'security_group',
  'subnet',
  'vpc',
]
const own = 'NOT is_default IS TRUE'
const others: Readonly<Record<string, string>> = {
  vpc: own,
  subnet: `vpc_id IN (SELECT id FROM vpc WHERE ${own})`,
  security_group: "group_name <> 'default'",
  security_group_rule: "security_group_id IN (SELECT id FROM security_group WHERE group_name <> 'default')",
}
const any = (table: string, at: number): string => one(table, at, others[table])

beforeAll(async () => {
  histories = await openHistories([
    'aws_vpc',
    'aws_security_group',
    'aws_elb',
    'aws_cloudwatch',
    'aws_ecs_fargate',
  ])
}, 120_000)
afterAll(() => histories.close())

const inserts: Forms['inserts'] = [
  (a) => `INSERT INTO vpc (cidr_block, tags) VALUES ('10.${1 + (a % 2)}.0.0/16', '{"Name": "v${a % 2}"}')`,
  (a, b) => `INSERT INTO subnet (vpc_id, availability_zone, cidr_block)
     SELECT id, 'us-east-1${'abc'[b % 3]}', replace(cidr_block, '.0.0/16', '.${b}.0/24') FROM vpc WHERE id = ${any('vpc', a)}`,
  (a, b, tag) => `INSERT INTO security_group (group_name, description, vpc_id, tags)
     VALUES ('g${b}', 'It''s ${b}', ${any('vpc', a)}, ${tag})`,
  (a, b, tag) => `INSERT INTO security_group_rule
     (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4, tags)
     VALUES (${any('security_group', a)}, ${b % 2 === 0}, 'tcp', ${b}, ${b + 1}, '10.${b}.0.0/16', ${tag})`,
  (a, b) => `INSERT INTO security_group_rule
     (security_group_id, is_egress, ip_protocol, from_port, to_port, source_security_group)
     SELECT g.id, false, 'tcp', ${b}, ${b}, s.id FROM security_group g JOIN security_group s USING (vpc_id)
     WHERE g.id = ${any('security_group', a)} AND s.id = ${any('security_group', b)}`,
  (a, b, tag) => `INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc, tags)
     VALUES ('t${a}', 'ip', 'HTTP', ${80 + b}, ${any('vpc', b)}, ${tag})`,
  (a, b, tag) => `INSERT INTO load_balancer (load_balancer_name, scheme, subnets, tags)
     SELECT 'l${a}', 'internal',
       (SELECT jsonb_agg(jsonb_build_object('subnet_id', iasql_ref('subnet', s.id, 'subnet_id')) ORDER BY s.availability_zone)
        FROM (SELECT DISTINCT ON (availability_zone) id, availability_zone FROM subnet
              WHERE vpc_id = v.id ORDER BY availability_zone, id) s), ${tag}
     FROM vpc v WHERE v.id = ${any('vpc', b)} AND EXISTS (SELECT FROM subnet WHERE vpc_id = v.id)`,
  (a, b) => `INSERT INTO load_balancer_subnet (load_balancer_id, subnet_id)
     VALUES (${one('load_balancer', a)}, ${any('subnet', b)})`,
  (a, b) => `INSERT INTO listener (load_balancer_id, port, protocol, target_group_id)
     VALUES (${one('load_balancer', a)}, ${80 + (b % 3)}, 'HTTP', ${one('target_group', b)})`,
  (a, b) => `INSERT INTO listener_rule (listener_id, priority, path_patterns, target_group_id)
     VALUES (${one('listener', a)}, ${1 + b}, '["/${b}/*", "/it''s"]', ${one('target_group', b)})`,
  (a, b, tag) => `INSERT INTO cluster (cluster_name, container_insights, tags)
     VALUES ('c${a}', ${b % 2 ? `'enabled'` : `'disabled'`}, ${tag})`,
  (a, b) =>
    `INSERT INTO log_group (log_group_name, retention_in_days) VALUES ('/l/${a}', ${b % 2 ? 7 : 'NULL'})`,
  (a, b, tag) => `INSERT INTO task_definition (family, cpu_memory, container_definitions, tags)
     VALUES ('f${a}', 'vCPU0.25-0.5GB', '[{"name": "web", "image": "nginx:${b}", "env_variables": {"A": "${b}''s"}}]', ${tag})`,
  (a, b) => `INSERT INTO container_definition (task_definition_id, name, image, essential, log_group_id)
     VALUES (${one('task_definition', a)}, 'side${b % 2}', 'proxy:${b}', false, ${one('log_group', b)})`,
]
const closing = (a: number): string =>
  `DELETE FROM security_group_rule WHERE is_egress AND cidr_ipv4 = '0.0.0.0/0' AND security_group_id = ${any('security_group', a)}`
const updates: Forms['updates'] = [
  closing,
  (
    a,
    b,
    tag,
  ) => `UPDATE security_group SET tags = ${tag}, description = description || ${b % 3 ? `''` : `'!'`}
     WHERE id = ${any('security_group', a)}`,
  (a, b) =>
    `UPDATE security_group_rule SET to_port = to_port + ${b}, description = 'd${b}' WHERE id = ${any('security_group_rule', a)}`,
  (a, b, tag) =>
    `UPDATE target_group SET health_check_path = '/${b}', tags = ${tag} WHERE id = ${one('target_group', a)}`,
  (a, b) => `UPDATE target_group SET port = ${8000 + b} WHERE id = ${one('target_group', a)}`,
  (a, b, tag) =>
    `UPDATE load_balancer SET idle_timeout = ${60 + b}, tags = ${tag} WHERE id = ${one('load_balancer', a)}`,
  (a, b) => `UPDATE listener SET port = ${80 + b} WHERE id = ${one('listener', a)}`,
  (a, b) =>
    `UPDATE listener_rule SET priority = ${20 + b}, path_patterns = '["/x${b}"]' WHERE id = ${one('listener_rule', a)}`,
  (a, b) => `UPDATE container_definition SET image = 'nginx:u${b}', command = '["serve", "it''s"]'
     WHERE id = ${one('container_definition', a)}`,
  (a, b, tag) => `UPDATE cluster SET container_insights = ${b % 2 ? `'enabled'` : `'disabled'`}, tags = ${tag}
     WHERE id = ${one('cluster', a)}`,
  (a, b) => `UPDATE task_definition SET cpu_memory = ${b % 2 ? `'vCPU0.5-1GB'` : `'vCPU0.25-0.5GB'`}
     WHERE id = ${one('task_definition', a)}`,
]
const deletes: Forms['deletes'] = [...cleared, 'container_definition', 'load_balancer_subnet'].map(
  (table) => (a) => `DELETE FROM ${table} WHERE id = ${any(table, a)}`,
)

const opening = [
  `INSERT INTO vpc (cidr_block, tags) VALUES ('10.9.0.0/16', '{"Name": "ground"}')`,
  ...['a', 'b'].map(
    (zone, at) => `INSERT INTO subnet (vpc_id, availability_zone, cidr_block)
     SELECT id, 'us-east-1${zone}', '10.9.${100 + at}.0/24' FROM vpc WHERE cidr_block = '10.9.0.0/16'`,
  ),
  ...[0, 1].map(
    (at) => `INSERT INTO security_group (group_name, description, vpc_id)
     SELECT 'ground${at}', 'Ground', id FROM vpc WHERE cidr_block = '10.9.0.0/16'`,
  ),
  `INSERT INTO target_group (target_group_name, target_type, protocol, port, vpc)
   SELECT 'ground', 'ip', 'HTTP', 80, id FROM vpc WHERE cidr_block = '10.9.0.0/16'`,
  `INSERT INTO load_balancer (load_balancer_name, scheme, subnets)
   SELECT 'ground', 'internal', jsonb_agg(jsonb_build_object('subnet_id', iasql_ref('subnet', id, 'subnet_id')))
   FROM subnet WHERE cidr_block LIKE '10.9.10_.0/24'`,
  `INSERT INTO listener (load_balancer_id, port, protocol, target_group_id)
   SELECT l.id, 90, 'HTTP', t.id FROM load_balancer l, target_group t`,
  `INSERT INTO task_definition (family, cpu_memory, container_definitions)
   VALUES ('ground', 'vCPU0.25-0.5GB', '[{"name": "web", "image": "nginx:1"}]')`,
]

async function clear(lab: TenantLab): Promise<void> {
  await lab.user.transaction(async (transaction) => {
    for (const table of cleared)
      await transaction.run(`DELETE FROM ${table} WHERE ${others[table] ?? 'true'}`)
  })
  await lab.call('iasql_apply')
}

const numRuns = Number(process.env.HISTORIES ?? 5)

test('the statements of any history of rules, lines and tasks make the same tables elsewhere', async () => {
  const steps = stepOf(statementOf({ inserts, updates, deletes }))
  const told = await expectSameTables(histories, { steps, clear, numRuns, opening })

  expect(told).toBeGreaterThan(numRuns * opening.length)
}, 600_000)

test('the audit log adds up to the tables of rules, lines and tasks', () => expectSummedUp(histories))
