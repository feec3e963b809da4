/** Security groups as users type them: circles, what AWS made, many rules at once, the way out. */
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

/** AWS takes a call whole or not at all; the emulator would take what comes before the one it does not want. */
const unwanted = '203.0.113.13/32'
const authorized: number[] = []

const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const send = async <Input extends object, Output extends object>(
      command: SdkCommandClass<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      if ('IpPermissions' in input) {
        authorized.push((input.IpPermissions as object[]).length)
        if (JSON.stringify(input).includes(unwanted))
          throw new IasqlError('cloud/invalid', `AuthorizeSecurityGroupIngress: ${unwanted} is not wanted`)
      }
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

let lab: TenantLab
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: refusing })
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_vpc', 'aws_security_group']])
})
afterAll(async () => {
  ec2?.destroy()
  await lab?.close()
})

const namesInCloud = async (): Promise<readonly (string | undefined)[]> => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
  return SecurityGroups.map(({ GroupName }) => GroupName).sort()
}

const makeGroup = async (name: string): Promise<void> => {
  await lab.user.run(`INSERT INTO security_group (group_name, description) VALUES ('${name}', 'A group')`)
  await lab.call('iasql_apply')
}

const rulesOf = (name: string) =>
  lab.user.query(
    `SELECT r.is_egress, r.ip_protocol, coalesce(r.cidr_ipv4, r.cidr_ipv6) AS network
     FROM security_group_rule r JOIN security_group g ON g.id = r.security_group_id
     WHERE g.group_name = '${name}' ORDER BY r.id`,
  )

/** What the statements since the last look have told. */
const notices = () =>
  lab.ports.platform.query(`DELETE FROM ${lab.tenant.schema}.iasql_notice RETURNING message, hint`)

const expectNothingLeft = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
}

test('groups that name each other through their rules come in one apply, and go in one', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.1.0.0/16', '{"Name":"net"}')`)
  await lab.user.run(
    `INSERT INTO security_group (group_name, description, vpc_id)
     VALUES ('web', 'Servers', find_vpc('net')), ('db', 'Databases', find_vpc('net'))`,
  )
  await lab.user.run(
    `INSERT INTO security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, source_security_group)
     SELECT a.id, false, 'tcp', 5432, 5432, b.id FROM security_group a JOIN security_group b
       ON a.group_name IN ('web', 'db') AND b.group_name IN ('web', 'db') AND a.id <> b.id`,
  )

  await lab.call('iasql_apply')

  const named = await lab.user.query(
    `SELECT count(*) AS rules FROM security_group_rule WHERE source_security_group IS NOT NULL
       AND security_group_rule_id LIKE 'sgr-%'`,
  )
  expect(named).toEqual([{ rules: 2 }])
  await expectNothingLeft()

  await lab.user.run(
    `WITH rules AS (DELETE FROM security_group_rule WHERE source_security_group IS NOT NULL),
       groups AS (DELETE FROM security_group WHERE group_name IN ('web', 'db'))
     DELETE FROM vpc WHERE tags->>'Name' = 'net'`,
  )
  await lab.call('iasql_apply')

  expect(await namesInCloud()).toEqual(['default'])
  await expectNothingLeft()
})

test('DELETE FROM security_group leaves the group that AWS made with the VPC', async () => {
  await makeGroup('mine')
  const before = await rulesOf('default')

  await lab.user.run('DELETE FROM security_group')
  const plan = await lab.call('iasql_preview')
  await lab.call('iasql_apply')

  expect(plan.filter(({ calls }) => Number(calls) > 0)).toMatchObject([
    { action: 'delete', natural_name: /mine/ },
  ])
  expect(await namesInCloud()).toEqual(['default'])
  expect(await lab.user.query('SELECT group_name FROM security_group')).toEqual([{ group_name: 'default' }])
  expect(await rulesOf('default')).toEqual(before)
  await expectNothingLeft()
})

test('of 60 rules of which AWS refuses one, that row alone fails', async () => {
  await makeGroup('many')
  await lab.user.run(
    `INSERT INTO security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4)
     SELECT g.id, false, 'tcp', 443, 443, '203.0.113.' || n || '/32'
     FROM security_group g, generate_series(1, 60) n WHERE g.group_name = 'many'`,
  )
  authorized.length = 0

  const applying = lab.call('iasql_apply')

  await expect(applying).rejects.toMatchObject({
    code: 'apply/changes-failed',
    message: expect.stringMatching(/^1 of 60 changes failed/),
    detail: expect.stringContaining(unwanted),
  })
  expect(authorized[0]).toBe(60)
  expect(authorized.length).toBeLessThanOrEqual(13)
  const unmade = 'SELECT cidr_ipv4 FROM security_group_rule WHERE security_group_rule_id IS NULL'
  expect(await lab.user.query(unmade)).toEqual([{ cidr_ipv4: unwanted }])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'create', calls: 1 }])

  await lab.user.run(`DELETE FROM security_group_rule WHERE cidr_ipv4 = '${unwanted}'`)
  await expectNothingLeft()
})

test('rules that go together go in one call, as the plan says', async () => {
  await lab.user.run(`DELETE FROM security_group_rule WHERE cidr_ipv4 LIKE '203.0.113.%'`)
  const plan = await lab.call('iasql_preview')
  lab.calls.length = 0

  await lab.call('iasql_apply')

  expect(plan).toHaveLength(59)
  expect(plan.reduce((sum, { calls }) => sum + Number(calls), 0)).toBe(1)
  expect(lab.calls.filter(({ operation }) => operation.startsWith('Revoke'))).toHaveLength(1)
  await expectNothingLeft()
})

describe('the way out that AWS gives a new group', () => {
  const everywhere = { is_egress: true, ip_protocol: '-1', network: '0.0.0.0/0' }

  test('has a row, and can be taken away', async () => {
    await makeGroup('closed')
    expect(await rulesOf('closed')).toEqual([everywhere])
    const [now] = await lab.user.query<{ now: string }>('SELECT clock_timestamp()::text AS now')

    await lab.user.run(
      `DELETE FROM security_group_rule r USING security_group g
       WHERE g.id = r.security_group_id AND g.group_name = 'closed'`,
    )
    expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'delete', calls: 1 }])
    await lab.call('iasql_apply')

    expect(await rulesOf('closed')).toEqual([])
    await expectNothingLeft()
    expect(await rulesOf('closed')).toEqual([])
    expect(await lab.call('iasql_get_sql_since', [String(now?.now)])).toMatchObject([
      { sql: expect.stringContaining('DELETE FROM security_group_rule') },
    ])
  })

  test('stays where a DELETE ends other rules as well, and the user is told how it goes', async () => {
    await makeGroup('both')
    await lab.user.run(
      `INSERT INTO security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4)
       SELECT id, false, 'tcp', 443, 443, '10.0.0.0/8' FROM security_group WHERE group_name = 'both'`,
    )
    await lab.call('iasql_apply')
    await notices()

    await lab.user.run(
      `DELETE FROM security_group_rule r USING security_group g
       WHERE g.id = r.security_group_id AND g.group_name = 'both'`,
    )

    expect(await rulesOf('both')).toEqual([everywhere])
    expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'delete', calls: 1 }])
    expect(await notices()).toEqual([
      {
        message: expect.stringContaining('leaves it'),
        hint: expect.stringMatching(/DELETE FROM security_group_rule WHERE id = \d+ takes it/),
      },
    ])
    await lab.call('iasql_apply')
    await expectNothingLeft()
  })

  test('stays in all groups where all rules are deleted', async () => {
    const ofDefault = await rulesOf('default')
    const before = await rulesOf('both')

    await lab.user.run('DELETE FROM security_group_rule')

    expect(await rulesOf('default')).toEqual(ofDefault)
    expect(await rulesOf('both')).toEqual(before)
    expect(ofDefault.length).toBeGreaterThan(0)
    await lab.user.run('DELETE FROM security_group_rule')
    expect(await rulesOf('default')).toEqual(ofDefault)
    expect(await lab.call('iasql_preview')).toEqual([])
  })

  test('is the one that a row inserted with the group asks for', async () => {
    await lab.user.run(`INSERT INTO security_group (group_name, description) VALUES ('open', 'A group')`)
    await lab.user.run(
      `INSERT INTO security_group_rule (security_group_id, is_egress, cidr_ipv4, description)
       SELECT id, true, '0.0.0.0/0', 'Everywhere' FROM security_group WHERE group_name = 'open'`,
    )

    await lab.call('iasql_apply')

    expect(await rulesOf('open')).toEqual([everywhere])
    await expectNothingLeft()
  })

  test('can be narrowed, and stays so when the group is made anew', async () => {
    await makeGroup('narrow')
    await lab.user.run(
      `UPDATE security_group_rule r SET cidr_ipv4 = '10.0.0.0/8' FROM security_group g
       WHERE g.id = r.security_group_id AND g.group_name = 'narrow'`,
    )
    await lab.call('iasql_apply')
    await lab.user.run(`UPDATE security_group SET description = 'Another' WHERE group_name = 'narrow'`)

    await lab.call('iasql_apply')

    expect(await rulesOf('narrow')).toEqual([{ ...everywhere, network: '10.0.0.0/8' }])
    await expectNothingLeft()
  })

  test('goes with its group', async () => {
    await lab.user.run(`DELETE FROM security_group_rule WHERE cidr_ipv4 = '10.0.0.0/8'`)
    await lab.user.run(`DELETE FROM security_group WHERE group_name <> 'default'`)

    await lab.call('iasql_apply')

    expect(await namesInCloud()).toEqual(['default'])
    await expectNothingLeft()
  })
})

const values = (change: string) =>
  `INSERT INTO security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4, cidr_ipv6)
   SELECT id, false, ${change} FROM security_group WHERE group_name = 'default'`

test.each([
  ['two sources', values(`'tcp', 1, 1, '10.0.0.0/8', '::/0'`)],
  ['no source', values(`'tcp', 1, 1, NULL, NULL`)],
  ['tcp without ports', values(`'tcp', NULL, NULL, '10.0.0.0/8', NULL`)],
  ['all protocols with ports', values(`'-1', 1, 1, '10.0.0.0/8', NULL`)],
  ['a number for what has a name', values(`'6', 1, 1, '10.0.0.0/8', NULL`)],
  ['a network with host bits', values(`'tcp', 1, 1, '10.0.0.1/8', NULL`)],
  ['ports the wrong way round', values(`'tcp', 9, 1, '10.0.0.0/8', NULL`)],
])('a rule with %s is refused at the statement', async (_, sql) => {
  await expect(lab.user.run(sql)).rejects.toThrow(/violates|invalid cidr/)
})

test('the same rule twice is refused at the statement', async () => {
  const sql = values(`'tcp', 22, 22, '10.0.0.0/8', NULL`)
  await lab.user.run(sql)

  await expect(lab.user.run(sql)).rejects.toThrow(/duplicate key/)
})
