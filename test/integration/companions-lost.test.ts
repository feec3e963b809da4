/** What users may take away of what AWS makes along with a resource comes back with that, unless they have. */
import { DeleteSecurityGroupCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client
let isDenied = false

const denying = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (...given) => {
    const api = cloud.api(...given)
    return {
      ...api,
      async send(command, input) {
        if (isDenied && command.name === 'CreateSecurityGroupCommand')
          throw new IasqlError('cloud/denied', 'CreateSecurityGroup: not now')
        return await api.send(command, input)
      },
    }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: denying })
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_security_group']])
})
beforeEach(async () => {
  isDenied = false
  await lab.user.run('DELETE FROM iasql_drift_policy')
})
afterAll(async () => {
  ec2?.destroy()
  await lab?.close()
})

const make = async (...names: readonly string[]): Promise<void> => {
  for (const name of names)
    await lab.user.run(`INSERT INTO security_group (group_name, description) VALUES ('${name}', 'A group')`)
  await lab.call('iasql_apply')
}
const close = async (name: string): Promise<void> => {
  await lab.user.run(
    `DELETE FROM security_group_rule r USING security_group g
     WHERE g.id = r.security_group_id AND g.group_name = '${name}'`,
  )
  await lab.call('iasql_apply')
}
const lose = async (name: string): Promise<void> => {
  await ec2.send(new DeleteSecurityGroupCommand({ GroupName: name }))
  await lab.call('iasql_sync')
}
/** Where it lets its members out to: in the cloud, and as the rows say. */
const waysOut = async (name: string) => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
  const group = SecurityGroups.find(({ GroupName }) => GroupName === name)
  const rows = await lab.user.query<{ cidr_ipv4: string }>(
    `SELECT r.cidr_ipv4 FROM security_group_rule r JOIN security_group g ON g.id = r.security_group_id
     WHERE g.group_name = '${name}' AND r.is_egress`,
  )
  const there = group?.IpPermissionsEgress?.flatMap(({ IpRanges = [] }) =>
    IpRanges.map(({ CidrIp }) => CidrIp),
  )
  return { there, rows: rows.map(({ cidr_ipv4: network }) => network) }
}
const open = { there: ['0.0.0.0/0'], rows: ['0.0.0.0/0'] }
const closed = { there: [], rows: [] }
const expectNothingLeft = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
}

test('a group that the policy makes again has its way out as before', async () => {
  await make('kept', 'shut')
  await close('shut')
  await lab.user.run(
    `INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('security_group', 'enforce')`,
  )
  await lose('kept')
  await lose('shut')

  const done = await lab.call('iasql_apply')

  expect(await waysOut('kept')).toEqual(open)
  expect(await waysOut('shut')).toEqual(closed)
  expect(done.map(lineOf).sort()).toEqual([
    'create security_group',
    'create security_group',
    'delete security_group_rule',
  ])
  await expectNothingLeft()
})

test('so has one that is made again because its row was edited', async () => {
  await make('edited')
  await lab.user.run(`UPDATE security_group SET tags = '{"team": "x"}' WHERE group_name = 'edited'`)
  await lose('edited')

  await lab.call('iasql_apply')

  expect(await waysOut('edited')).toEqual(open)
  await expectNothingLeft()
})

test('so has one that could not be made anew at once', async () => {
  await make('late')
  await lab.user.run(`UPDATE security_group SET description = 'Another' WHERE group_name = 'late'`)
  isDenied = true
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({ code: 'apply/changes-failed' })
  isDenied = false
  await lab.call('iasql_sync')

  await lab.call('iasql_apply')

  expect(await waysOut('late')).toEqual(open)
  await expectNothingLeft()
})

test('what goes for good goes with its way out', async () => {
  await make('tracked')
  await lose('tracked')

  expect(await waysOut('tracked')).toEqual({ there: undefined, rows: [] })
  await expectNothingLeft()
})

test.each([
  ['a plan that was looked at', (planId: unknown) => [planId, false, true, 'wait']],
  ['one’s own edits', () => [null, true, true, 'wait']],
] as const)('%s closes what was closed, in the same apply', async (_, given) => {
  const name = `closed-${String(given('x')[0])}`
  await make(name)
  await close(name)
  await lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE security_group SET description = 'Another' WHERE group_name = '${name}'`)
    const [{ xid }] = (await transaction.query('SELECT pg_current_xact_id()::text AS xid')) as [
      { xid: string },
    ]
    await lab.ports.platform.run(
      `INSERT INTO ${lab.tenant.schema}.iasql_commit (xid, actor, run_id, statement, tag, row_count)
       VALUES ('${xid}', 'ann', gen_random_uuid(), 0, 'UPDATE 1', 1)`,
    )
  })
  const [{ plan_id: planId }] = (await lab.call('iasql_preview')) as [{ plan_id: number }]

  const done = await lab.call('iasql_apply', given(planId) as never)

  expect(done.map(lineOf)).toEqual(['replace security_group', 'delete security_group_rule'])
  expect(await waysOut(name)).toEqual(closed)
  await expectNothingLeft()
})
