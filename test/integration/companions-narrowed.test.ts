/** A way out that is narrowed by the same apply that makes its group anew is as narrow in the new group, and the only one. */
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab()
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_security_group']])
})
afterAll(async () => {
  ec2?.destroy()
  await lab?.close()
})

const waysOut = async (name: string) => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
  const group = SecurityGroups.find(({ GroupName }) => GroupName === name)
  return group?.IpPermissionsEgress?.map(({ IpProtocol, FromPort, IpRanges }) => [
    IpProtocol,
    // Of all protocols it is told in either way.
    FromPort ?? -1,
    IpRanges?.map(({ CidrIp, Description }) => [CidrIp, Description]),
  ])
}

test.each([
  ['ports', `ip_protocol = 'tcp', from_port = 443, to_port = 443`, ['tcp', 443, [['0.0.0.0/0', undefined]]]],
  ['network', `cidr_ipv4 = '10.0.0.0/8'`, ['-1', -1, [['10.0.0.0/8', undefined]]]],
  ['description', `description = 'Everywhere'`, ['-1', -1, [['0.0.0.0/0', 'Everywhere']]]],
])('by its %s', async (name, edit, way) => {
  await lab.user.run(`INSERT INTO security_group (group_name, description) VALUES ('${name}', 'A group')`)
  await lab.call('iasql_apply')
  await lab.user.run(
    `UPDATE security_group_rule r SET ${edit} FROM security_group g
     WHERE g.id = r.security_group_id AND g.group_name = '${name}'`,
  )
  await lab.user.run(`UPDATE security_group SET description = 'Another' WHERE group_name = '${name}'`)

  await lab.call('iasql_apply')

  expect(await waysOut(name)).toEqual([way])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  const rows = await lab.user.query(
    `SELECT r.id FROM security_group_rule r JOIN security_group g ON g.id = r.security_group_id
     WHERE g.group_name = '${name}'`,
  )
  expect(rows).toHaveLength(1)
})
