/** Linking on one machine, under an emulator that lets everybody become any role. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRoleAccounts, type RoleAccounts } from '#aws/role-accounts.ts'
import { openTenantLab, type TenantLab } from '../support/tenant-lab.ts'

let lab: TenantLab
let accounts: RoleAccounts

beforeAll(async () => {
  lab = await openTenantLab()
  const principal = 'arn:aws:iam::123456789012:role/iasql-platform'
  accounts = createRoleAccounts({
    profile: 'emulator',
    region: 'us-east-1',
    endpoint: lab.endpoint,
    principal,
  })
  Object.assign(lab.ports, { accounts })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  accounts?.close()
  await lab?.close()
})

const account = '222222222222'
const role = `arn:aws:iam::${account}:role/iasql-local`
const queues = () => lab.user.query<object>('SELECT name, account_id FROM queue ORDER BY account_id, name')

test('links a role, says that its trust could not be proven, and works in both accounts', async () => {
  const [linked] = await lab.call('iasql_account_link', [role, null, 'second'])
  await lab.user.run(`INSERT INTO queue (name) VALUES ('here')`)
  await lab.user.run(`INSERT INTO queue (name, account_id) VALUES ('there', '${account}')`)

  await lab.call('iasql_apply')
  await lab.call('iasql_sync')

  expect(linked).toMatchObject({ account_id: account, is_default: false, trust: 'not provable' })
  expect(await queues()).toEqual([
    { name: 'here', account_id: '123456789012' },
    { name: 'there', account_id: account },
  ])
})

test('links the account that the server reaches itself, and gives it back with its rows', async () => {
  const own = 'arn:aws:iam::123456789012:role/iasql-local'
  await lab.call('iasql_account_link', [own, null, null])
  const [between] = await lab.user.query<object>(
    "SELECT read_role_arn, is_default FROM aws_accounts WHERE account_id = '123456789012'",
  )

  await lab.call('iasql_account_unlink', ['123456789012'])

  expect(between).toEqual({ read_role_arn: own, is_default: true })
  expect(await queues()).toContainEqual({ name: 'here', account_id: '123456789012' })
  const [after] = await lab.user.query<object>(
    "SELECT read_role_arn, external_id FROM aws_accounts WHERE account_id = '123456789012'",
  )
  expect(after).toEqual({ read_role_arn: null, external_id: null })
})

test('refuses to unlink what is not linked, and names what is', async () => {
  await expect(lab.call('iasql_account_unlink', ['222222222223'])).rejects.toMatchObject({
    sqlstate: 'P0002',
    message: expect.stringContaining(account),
  })
})
