/** Secret columns as a module declares them: several of one table, and such as an INSERT must give. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { awsAccount } from '#modules/aws_account/module.ts'
import { defineModule, defineTable, secret, text } from '#modules/kit/index.ts'
import { registryOf } from '#modules/registry.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

const login = defineTable({
  name: 'login',
  description: 'A login.',
  naturalKey: ['name'],
  columns: {
    name: text('Name.', { required: true, replaces: 'after' }),
    password: secret('Password.', { required: true, check: 'length({}) BETWEEN 8 AND 12' }),
    hint: secret('What it may be remembered by.', { clearable: true }),
  },
})
const module = defineModule({
  name: 'test_login',
  version: '1.0.0',
  requires: ['aws_account'],
  tables: [login],
})

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab({ modules: registryOf([awsAccount, module]) })
  await lab.call('iasql_install', [['test_login']])
})
afterAll(() => lab?.close())
beforeEach(async () => {
  await lab.user.run('DELETE FROM login')
  await lab.user.run("INSERT INTO login (name, password, hint) VALUES ('ann', 'battery-1', 'a staple')")
})

const rows = () =>
  lab.user.query<{ password: string; hint: string | null }>('SELECT password, hint FROM login')
const refusal = async (sql: string) => {
  const fields = await lab.user.run(sql).then(
    () => undefined,
    (error: unknown) => databaseErrorOf(error),
  )
  return { sqlstate: fields?.sqlstate, message: fields?.message, hint: fields?.hint }
}

test('of two secrets of a row the one that is not written stays', async () => {
  const [before] = await rows()

  await lab.user.run("UPDATE login SET hint = 'a horse'")
  const [after] = await rows()

  expect(after?.password).toBe(before?.password)
  expect(after?.hint).not.toBe(before?.hint)
})

test('a marker of the one is refused for the other', async () => {
  const refused = await refusal('UPDATE login SET hint = password')

  expect(refused.sqlstate).toBe('22023')
})

test('a secret that AWS can clear is cleared, another is not', async () => {
  await lab.user.run('UPDATE login SET hint = NULL')

  const refused = await refusal('UPDATE login SET password = NULL')

  expect((await rows())[0]?.hint).toBeNull()
  expect(refused).toMatchObject({
    sqlstate: '22004',
    message: 'password of login cannot be cleared once it has a value',
  })
})

test('a secret that must be given is asked for when a row is inserted, not when one is imported', async () => {
  const missing = await refusal("INSERT INTO login (name) VALUES ('bob')")

  await lab.ports.platform.run(
    `INSERT INTO ${lab.tenant.schema}.login (name, account_id, region) VALUES ('found', '123456789012', 'us-east-1')`,
  )

  expect(missing).toMatchObject({ sqlstate: '23502', message: 'password of login must be given' })
  expect(await rows()).toHaveLength(2)
})

test('what a secret must be is checked before it is encrypted, and said without it', async () => {
  const refused = await refusal("UPDATE login SET password = 'too-long-a-password'")

  expect(refused).toMatchObject({
    sqlstate: '23514',
    message: 'password of login is not of the form that AWS takes',
  })
  expect(refused.hint).toContain('BETWEEN 8 AND 12')
  expect(JSON.stringify(refused)).not.toContain('too-long')
})
