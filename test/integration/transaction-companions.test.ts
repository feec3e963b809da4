/** What users took away of what AWS makes along with a resource stays away, whether a commit makes that anew or is taken back. */
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { type LabSession, openSession, sessionLab } from '#test/support/session.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client
let ann: LabSession
let isRefused: (operation: string, input: unknown) => boolean

const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (...given) => {
    const api = cloud.api(...given)
    return {
      ...api,
      async send(command, input) {
        if (!isRefused(command.name, input)) return await api.send(command, input)
        throw new IasqlError('cloud/denied', `${command.name}: not now`)
      },
    }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: refusing })
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  isRefused = () => false
  await lab.call('iasql_install', [['aws_security_group', 'aws_sqs']])
  ann = await openSession(sessionLab(lab), 'ann')
})
beforeEach(() => {
  isRefused = () => false
})
afterAll(async () => {
  ec2?.destroy()
  await lab?.close()
})

const insert = (name: string): string =>
  `INSERT INTO security_group (group_name, description) VALUES ('${name}', 'A group')`
const closing = (name: string): string =>
  `DELETE FROM security_group_rule r USING security_group g
   WHERE g.id = r.security_group_id AND g.group_name = '${name}'`
const replacing = (name: string): string =>
  `UPDATE security_group SET description = 'Another' WHERE group_name = '${name}'`

async function make(name: string): Promise<void> {
  await lab.user.run(insert(name))
  await lab.call('iasql_apply')
}
async function makeClosed(name: string): Promise<void> {
  await make(name)
  await lab.user.run(closing(name))
  await lab.call('iasql_apply')
}

/** The group in the cloud and as its rows say, and where both let out to. */
const stateOf = async (name: string) => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
  const group = SecurityGroups.find(({ GroupName }) => GroupName === name)
  const rows = await lab.user.query<{ description: string }>(
    `SELECT description FROM security_group WHERE group_name = '${name}'`,
  )
  const rules = await lab.user.query<{ cidr_ipv4: string }>(
    `SELECT r.cidr_ipv4 FROM security_group_rule r JOIN security_group g ON g.id = r.security_group_id
     WHERE g.group_name = '${name}' AND r.is_egress`,
  )
  const there = group?.IpPermissionsEgress?.flatMap(({ IpRanges = [] }) =>
    IpRanges.map(({ CidrIp }) => CidrIp),
  )
  return {
    ...{ described: group?.Description, row: rows[0]?.description },
    ...{ there, rules: rules.map(({ cidr_ipv4: network }) => network) },
  }
}
const closed = (text: string) => ({ described: text, row: text, there: [], rules: [] })
const open = (text: string) => ({
  ...{ described: text, row: text, there: ['0.0.0.0/0'], rules: ['0.0.0.0/0'] },
})

const nothing = { described: undefined, row: undefined, there: undefined, rules: [] }

const expectNothingLeft = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
}
/** In the next commit the queue cannot be deleted, when all else of it is done. */
async function makeStubborn(): Promise<void> {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('stubborn') ON CONFLICT DO NOTHING`)
  await lab.call('iasql_apply')
  isRefused = (operation) => operation === 'DeleteQueueCommand'
}
const failing = `DELETE FROM queue WHERE name = 'stubborn'`

test('a commit that makes a group anew closes what was closed', async () => {
  await makeClosed('anew')
  await ann.call('iasql_begin')
  await ann.write(replacing('anew'))

  const done = await ann.call('iasql_commit')

  expect(done.map(lineOf).sort()).toEqual(['delete security_group_rule', 'replace security_group'])
  expect(await stateOf('anew')).toEqual(closed('Another'))
  await expectNothingLeft()
})

test('so does one that is taken back after it has', async () => {
  await makeClosed('back')
  await makeStubborn()
  await ann.call('iasql_begin')
  await ann.write(replacing('back'), failing)

  const error = await ann.refusal('iasql_commit')

  expect(error).toMatchObject({ code: 'transaction/undone' })
  expect(error.message).toContain('DeleteQueueCommand: not now')
  expect(error.detail).not.toContain('security_group_rule')
  expect(await stateOf('back')).toEqual(closed('A group'))
  await expectNothingLeft()
})

test('a group that can be closed at the second attempt only is closed, and the commit is taken back', async () => {
  await makeClosed('twice')
  let attempts = 0
  isRefused = (operation) => operation === 'RevokeSecurityGroupEgressCommand' && ++attempts === 1
  await ann.call('iasql_begin')
  await ann.write(replacing('twice'))

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('RevokeSecurityGroupEgressCommand: not now')
  expect(await stateOf('twice')).toEqual(closed('A group'))
  await expectNothingLeft()
})

test('one that cannot be closed is told by name, and closed by the next apply', async () => {
  await makeClosed('never')
  isRefused = (operation) => operation === 'RevokeSecurityGroupEgressCommand'
  await ann.call('iasql_begin')
  await ann.write(replacing('never'))

  const error = await ann.refusal('iasql_commit')

  expect(error).toMatchObject({ code: 'transaction/undone', hint: expect.stringContaining('iasql_apply()') })
  expect(error.message).toContain('it was undone, but for')
  expect(error.detail).toMatch(
    /^could not be undone: delete security_group_rule .*is left to do: RevokeSecurityGroupEgressCommand: not now/m,
  )
  expect((await lab.call('iasql_preview')).map(lineOf)).toContain('delete security_group_rule')
  isRefused = () => false
  await lab.call('iasql_apply')
  expect(await stateOf('never')).toEqual(closed('A group'))
  await expectNothingLeft()
})

test('what a commit deletes and makes again as it is taken back lets out where it did before', async () => {
  await make('open')
  await makeClosed('shut')
  await makeStubborn()
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM security_group WHERE group_name IN ('open', 'shut')`, failing)

  await ann.refusal('iasql_commit')

  expect(await stateOf('open')).toEqual(open('A group'))
  expect(await stateOf('shut')).toEqual(closed('A group'))
  await expectNothingLeft()
})

test('so does what a revert makes again', async () => {
  await make('opened')
  await makeClosed('locked')
  const id = await ann.write(`DELETE FROM security_group WHERE group_name IN ('opened', 'locked')`)
  await lab.call('iasql_apply')
  await ann.call('iasql_revert', [id])

  await lab.call('iasql_apply')

  expect(await stateOf('opened')).toEqual(open('A group'))
  expect(await stateOf('locked')).toEqual(closed('A group'))
  await expectNothingLeft()
})

test('a group that was never made lets out as AWS has it, however often its row came and went', async () => {
  await ann.write(insert('idle'))
  const id = await ann.write(`DELETE FROM security_group WHERE group_name = 'idle'`)
  await ann.call('iasql_revert', [id])

  await lab.call('iasql_apply')

  expect(await stateOf('idle')).toEqual(open('A group'))
  await expectNothingLeft()
})

test('a group that was made in the transaction is closed by its commit, and goes with its revert', async () => {
  const [begun] = await ann.call('iasql_begin')
  await ann.write(insert('made'))
  await ann.call('iasql_apply')
  await ann.write(closing('made'))

  await ann.call('iasql_commit')

  expect(await stateOf('made')).toEqual(closed('A group'))
  await expectNothingLeft()
  await ann.call('iasql_revert', [String(begun?.transaction_id)])
  await lab.call('iasql_apply')
  expect(await stateOf('made')).toEqual(nothing)
  await expectNothingLeft()
})

test('and is gone when that is taken back', async () => {
  await makeStubborn()
  await ann.call('iasql_begin')
  await ann.write(insert('unmade'))
  await ann.call('iasql_apply')
  await ann.write(closing('unmade'), failing)

  await ann.refusal('iasql_commit')

  expect(await stateOf('unmade')).toEqual(nothing)
  await expectNothingLeft()
})

test('closing a group and making it anew is one commit', async () => {
  await make('both')
  await ann.call('iasql_begin')
  await ann.write(closing('both'), replacing('both'))

  await ann.call('iasql_commit')

  expect(await stateOf('both')).toEqual(closed('Another'))
  await expectNothingLeft()
})

test('and lets out again when that is taken back', async () => {
  await make('neither')
  await makeStubborn()
  await ann.call('iasql_begin')
  await ann.write(closing('neither'), replacing('neither'), failing)

  await ann.refusal('iasql_commit')

  expect(await stateOf('neither')).toEqual(open('A group'))
  await expectNothingLeft()
})

test('a new group whose old one cannot go is taken back with its way out', async () => {
  await makeClosed('old')
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE security_group SET group_name = 'new', description = 'New' WHERE group_name = 'old'`,
  )
  let refusals = 0
  isRefused = (operation) => operation === 'DeleteSecurityGroupCommand' && ++refusals === 1

  await ann.refusal('iasql_commit')

  expect(await stateOf('old')).toEqual(closed('A group'))
  expect(await stateOf('new')).toEqual(nothing)
  await expectNothingLeft()
})
