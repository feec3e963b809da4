/** Linking an account: a role is taken when it lets us in by our identifier, and nobody without it. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { type AccountLab, openAccountLab, platformRole } from '../support/account-lab.ts'
import { trusting } from '../support/strict-sts.ts'

let lab: AccountLab

beforeAll(async () => {
  lab = await openAccountLab()
})
afterAll(() => lab?.close())
afterEach(async () => {
  for (const { platform } of [lab.whole, lab.ports])
    await platform.run('DELETE FROM iasql_platform.linked_account')
  await lab.ports.platform.run(`DELETE FROM ${lab.tenant.schema}.aws_accounts`)
  await lab.ports.platform.run(
    `DELETE FROM ${lab.tenant.schema}.iasql_resource WHERE table_name = 'aws_accounts'`,
  )
  lab.sts.calls.length = 0
  lab.sts.failing = undefined
})

const account = '222222222222'
const other = '333333333333'
const accounts = () =>
  lab.user.query<object>(
    'SELECT account_id, alias, read_role_arn, write_role_arn, is_default FROM aws_accounts ORDER BY account_id',
  )

test('takes roles that demand our identifier, tries them without and with a wrong one, and makes the first the default', async () => {
  const read = await lab.role(account, 'iasql-local-read')
  const write = await lab.role(account, 'iasql-local-write')
  const externalId = await lab.externalId()

  const { rows, notices } = await lab.answer('iasql_account_link', [read, write, ' production '])

  const row = { account_id: account, alias: 'production', read_role_arn: read, write_role_arn: write }
  expect(rows).toEqual([{ ...row, external_id: externalId, is_default: true, trust: 'proven' }])
  expect(notices).toEqual(['SELECT * FROM iasql_sync() imports what the account has.'])
  expect(await accounts()).toEqual([{ ...row, is_default: true }])
  const tried = lab.sts.calls.filter(({ roleArn }) => roleArn === read)
  expect(
    tried.map(({ externalId: shown, isLetIn }) => [shown === externalId, shown === undefined, isLetIn]),
  ).toEqual([
    [true, false, true],
    [false, true, false],
    [false, false, false],
  ])
  expect(tried.map(({ caller }) => caller)).toEqual([platformRole, platformRole, platformRole])
  expect(tried[0]?.sessionName).toMatch(/^iasql,local,r[0-9a-f]{8},ann$/)
})

test('makes one identifier for a tenant, and another for the next', async () => {
  const neighbour = await createTenant(lab.whole, { alias: 'neighbour', secrets: lab.secrets })

  const [own, again, theirs] = [
    await lab.externalId(),
    await lab.externalId(),
    await lab.externalId(neighbour),
  ]

  expect(own).toMatch(/^iasql-[0-9a-f]{32}$/)
  expect(again).toBe(own)
  expect(theirs).not.toBe(own)
})

test('refuses a role that lets us in without the identifier', async () => {
  const arn = `arn:aws:iam::${account}:role/open`
  lab.sts.roles.set(arn, trusting('*'))

  const refused = await lab.refusal('iasql_account_link', [arn, null, null])

  expect(refused.sqlstate).toBe('42501')
  expect(refused.message).toBe(
    `${arn} trusts everyone: it lets us in without our external id and with a wrong external id, so anybody of ours could name it`,
  )
  expect(refused.hint).toContain(`sts:ExternalId = '${await lab.externalId()}'`)
  expect(await accounts()).toEqual([])
})

test('refuses a role that takes any identifier', async () => {
  const arn = `arn:aws:iam::${account}:role/any`
  const condition = { StringLike: { 'sts:ExternalId': '*' } }
  lab.sts.roles.set(
    arn,
    trusting(platformRole).map((statement) => ({ ...statement, Condition: condition })),
  )

  const refused = await lab.refusal('iasql_account_link', [arn, null, null])

  expect(refused.message).toContain('trusts everyone: it lets us in with a wrong external id')
})

test('refuses a role for writes that trusts everyone, though the one for reads does not', async () => {
  const read = await lab.role(account, 'iasql-local-read')
  const write = `arn:aws:iam::${account}:role/open`
  lab.sts.roles.set(write, trusting('*'))

  const refused = await lab.refusal('iasql_account_link', [read, write, null])

  expect(refused.message).toContain(`${write} trusts everyone`)
  expect(await accounts()).toEqual([])
})

test.each([
  ['trusts somebody else', 'arn:aws:iam::999999999999:role/iasql-platform'],
  ['trusts another role of ours', 'arn:aws:iam::111111111111:role/other'],
])('refuses a role that %s', async (_, principal) => {
  const arn = `arn:aws:iam::${account}:role/theirs`
  lab.sts.roles.set(arn, trusting(principal, await lab.externalId()))

  const refused = await lab.refusal('iasql_account_link', [arn, null, null])

  expect(refused).toMatchObject({ sqlstate: '42501', hint: expect.stringContaining('role_template') })
  expect(refused.message).toContain(`${arn} does not let us in`)
})

test('refuses a role that demands an identifier of its owner’s own', async () => {
  const arn = `arn:aws:iam::${account}:role/own`
  lab.sts.roles.set(arn, trusting(platformRole, 'chosen-by-them'))

  const refused = await lab.refusal('iasql_account_link', [arn, null, null])

  expect(refused.message).toContain('does not let us in')
})

test.each([
  ['nothing', ''],
  ['a user', `arn:aws:iam::${account}:user/ann`],
  ['a session', `arn:aws:sts::${account}:assumed-role/read/ann`],
  ['an account', account],
  ['text that goes on', `arn:aws:iam::${account}:role/read' OR true`],
])('refuses %s in place of a role', async (_, given) => {
  const refused = await lab.refusal('iasql_account_link', [given, null, null])

  expect(refused.sqlstate).toBe('22023')
  expect(lab.sts.calls).toEqual([])
})

test('refuses roles of two accounts', async () => {
  const refused = await lab.refusal('iasql_account_link', [
    await lab.role(account, 'read'),
    await lab.role(other, 'write'),
    null,
  ])

  expect(refused.message).toBe(`the roles are of two accounts, ${account} and ${other}`)
})

test('refuses an account that is linked already, and says how to change its roles', async () => {
  await lab.link(account)

  const refused = await lab.refusal('iasql_account_link', [await lab.role(account, 'second'), null, null])

  expect(refused).toMatchObject({
    sqlstate: '42710',
    message: `account ${account} is linked already`,
    hint: expect.stringContaining(`iasql_account_unlink('${account}')`),
  })
})

test.each(['as it is', 'in other letters'])(
  'refuses a role of another tenant, %s, without naming that one',
  async (how) => {
    const alias = how === 'as it is' ? 'owner-one' : 'owner-two'
    const owner = await createTenant(lab.whole, { alias, secrets: lab.secrets })
    const arn = `arn:aws:iam::${account}:role/Shared`
    lab.sts.roles.set(arn, trusting(platformRole, await lab.externalId(owner)))
    await lab.answer('iasql_account_link', [arn, null, null], owner)
    lab.sts.calls.length = 0

    const given = how === 'as it is' ? arn : arn.replace('Shared', 'shared')
    const refused = await lab.refusal('iasql_account_link', [given, null, null])

    expect(refused).toMatchObject({ sqlstate: '42710' })
    const said = `${refused.message} ${refused.hint} ${refused.detail ?? ''}`
    expect(said).not.toContain(owner.alias)
    expect(said).not.toContain(owner.id)
    expect(lab.sts.calls).toEqual([])
  },
)

test('gives a role to one of two tenants that link it at the same moment', async () => {
  const rival = await createTenant(lab.whole, { alias: 'rival', secrets: lab.secrets })
  const arn = `arn:aws:iam::${account}:role/wanted`
  lab.sts.roles.set(arn, [
    ...trusting(platformRole, await lab.externalId()),
    ...trusting(platformRole, await lab.externalId(rival)),
  ])

  const results = await Promise.allSettled([
    lab.answer('iasql_account_link', [arn, null, null]),
    lab.answer('iasql_account_link', [arn, null, null], rival),
  ])

  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ sqlstate: '42710' })
})

test('refuses an account that has not enabled a region which the tenant reads', async () => {
  const { schema } = lab.tenant
  await lab.ports.platform.run(
    `INSERT INTO ${schema}.aws_regions (region, is_enabled) VALUES ('xx-south-1', true)`,
  )
  const arn = await lab.role(account, 'iasql-local-read')

  const refused = await lab
    .refusal('iasql_account_link', [arn, null, null])
    .finally(() => lab.ports.platform.run(`DELETE FROM ${schema}.aws_regions WHERE region = 'xx-south-1'`))

  expect(refused).toMatchObject({
    sqlstate: '55000',
    message: `account ${account} has not enabled xx-south-1, which this tenant reads`,
    hint: expect.stringContaining("WHERE region IN ('xx-south-1')"),
  })
})

test('proves nothing by an error that is no refusal', async () => {
  const arn = await lab.role(account, 'iasql-local-read')
  lab.sts.failing = 'ExpiredTrustError'

  const refused = await lab.refusal('iasql_account_link', [arn, null, null])

  expect(refused.code).toBe('cloud/invalid')
  expect(await accounts()).toEqual([])
})

test('lets owners alone link, unlink, and see the template', async () => {
  for (const [name, given] of [
    ['iasql_account_link', ['x', null, null]],
    ['iasql_account_unlink', [account]],
    ['iasql_account_role_template', ['both']],
  ] as const)
    await expect(lab.call(name, given, { role: 'operator' })).rejects.toMatchObject({ code: 'auth/role' })
})
