/** Work in linked accounts: with whose keys each call is made, what a missing right looks like, and letting go again. */
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { actionsOf } from '#aws/actions/actions-of.ts'
import type { IasqlError } from '#engine/model/error.ts'
import { type AccountLab, openAccountLab } from '../support/account-lab.ts'
import { policiesOf, resolved } from '../support/resolved-template.ts'

let lab: AccountLab

beforeAll(async () => {
  lab = await openAccountLab()
})
afterAll(() => lab?.close())
beforeEach(() => {
  lab.wire.calls.length = 0
  lab.wire.denied.clear()
  lab.sts.calls.length = 0
  lab.sts.sessionMs = 3_600_000
})

const one = '222222222222'
const two = '333333333333'

/** Operation → the sessions that it was called with. */
const sessionsOf = (operation: string) =>
  lab.wire.calls
    .filter((call) => call.operation === operation)
    .map(({ accountId, accessKeyId }) => ({ accountId, ...lab.sts.sessions.get(accessKeyId) }))

const queuesIn = async (accountId: string): Promise<readonly string[]> => {
  const client = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.wire.target,
    credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
  })
  client.middlewareStack.add(
    (next) => (call) => {
      ;(call.request as { headers: Record<string, string> }).headers['x-moto-account-id'] = accountId
      return next(call)
    },
    { step: 'build' },
  )
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}))
  client.destroy()
  return QueueUrls.map((url) => url.split('/').at(-1) ?? '')
}
const rows = () => lab.user.query<object>('SELECT name, account_id FROM queue ORDER BY account_id, name')

test('installs where no account is linked, and reads nothing', async () => {
  await lab.call('iasql_install', [['aws_sqs']])
  await lab.call('iasql_sync')
  const refused = await lab.refusal('default_aws_region', ['eu-west-1'])

  expect(refused).toMatchObject({ code: 'cloud/denied', message: 'no account is linked' })
  expect(refused.hint).toContain('iasql_account_link')
  expect(lab.wire.calls).toEqual([])
  expect(await lab.user.query('SELECT account_id FROM aws_accounts')).toEqual([])
})

test('reads with one role and writes with the other, each of the account of the row', async () => {
  await lab.link(one)
  await lab.link(two)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('first')`)
  await lab.user.run(`INSERT INTO queue (name, account_id) VALUES ('second', '${two}')`)

  const done = await lab.call('iasql_apply')

  const by = `iasql,local,e${String(done[0]?.execution_id)},ann`
  const writer = (accountId: string) => ({
    accountId,
    roleArn: `arn:aws:iam::${accountId}:role/iasql-local-write`,
    sessionName: by,
  })
  expect(sessionsOf('CreateQueue').toSorted((a, b) => a.accountId.localeCompare(b.accountId))).toEqual([
    writer(one),
    writer(two),
  ])
  const reads = lab.wire.calls.filter(({ operation }) => /^(Get|List)/.test(operation))
  expect(reads.length).toBeGreaterThan(0)
  for (const { accessKeyId, accountId } of reads)
    expect(lab.sts.sessions.get(accessKeyId)).toMatchObject({
      roleArn: `arn:aws:iam::${accountId}:role/iasql-local-read`,
    })
  expect(await rows()).toEqual([
    { name: 'first', account_id: one },
    { name: 'second', account_id: two },
  ])
  expect(await queuesIn(one)).toEqual(['first'])
  expect(await queuesIn(two)).toEqual(['second'])
})

test('syncs with the roles for reads alone, each assumed once', async () => {
  await lab.call('iasql_sync')

  const assumed = lab.sts.calls.map(({ roleArn }) => roleArn).filter((arn) => !arn.includes('platform'))
  expect(assumed.toSorted()).toEqual([
    `arn:aws:iam::${one}:role/iasql-local-read`,
    `arn:aws:iam::${two}:role/iasql-local-read`,
  ])
})

test('assumes a role again before its session runs out, within one apply', async () => {
  lab.sts.sessionMs = 200_000
  await lab.user.run(`INSERT INTO queue (name) VALUES ('long-one'), ('long-two')`)

  await lab.call('iasql_apply')

  const writes = lab.sts.calls.filter(({ roleArn }) => roleArn.endsWith('-write'))
  expect(writes.length).toBeGreaterThan(1)
  expect(await queuesIn(one)).toEqual(expect.arrayContaining(['long-one', 'long-two']))
})

test('fails a change whose right is missing, names the action, and does the others', async () => {
  lab.wire.denied.add('SetQueueAttributes')
  await lab.user.run(`UPDATE queue SET visibility_timeout = 77 WHERE name = 'first'`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ('allowed')`)

  const failed = await lab.call('iasql_apply').then(
    () => undefined,
    (error: IasqlError) => error,
  )

  expect(failed?.code).toBe('apply/changes-failed')
  expect(failed?.detail).toContain('needs sqs:SetQueueAttributes')
  expect(failed?.hint).toContain('iasql_account_role_template()')
  const [change] = await lab.user.query<{ error: { code: string; hint: string } }>(
    "SELECT error FROM iasql_change WHERE natural_name LIKE '%first%' AND state = 'failed'",
  )
  expect(change?.error).toMatchObject({
    code: 'cloud/denied',
    hint: expect.stringContaining('iasql_account_role_template()'),
  })
  expect(await queuesIn(one)).toContain('allowed')
})

test('tells of a role that does not let us in any more', async () => {
  const arn = `arn:aws:iam::${two}:role/iasql-local-read`
  const trust = lab.sts.roles.get(arn) ?? []
  lab.sts.roles.delete(arn)

  const failed = await lab
    .call('iasql_sync')
    .then(
      () => undefined,
      (error: IasqlError) => error,
    )
    .finally(() => lab.sts.roles.set(arn, trust))

  expect(`${failed?.message} ${failed?.detail}`).toContain(`${arn} does not let us in any more`)
  expect(await rows()).toContainEqual({ name: 'second', account_id: two })
})

test('makes no call that the roles of the template may not make', async () => {
  const { rows: templates } = await lab.answer('iasql_account_role_template', ['both'])
  const template = resolved(JSON.parse(String(templates[0]?.template)))
  await lab.user.run(`INSERT INTO queue (name, tags) VALUES ('short-lived', '{"a": "b"}')`)
  await lab.call('iasql_apply')
  await lab.user.run("DELETE FROM queue WHERE name = 'short-lived'")
  await lab.call('iasql_apply')
  await lab.call('iasql_sync')

  const services: Readonly<Record<string, string>> = { sqs: 'SQS', ec2: 'EC2' }
  const made = lab.wire.calls.map(({ service, operation, accessKeyId }) => ({
    actions: actionsOf(services[service] ?? service, operation),
    isRead: lab.sts.sessions.get(accessKeyId)?.roleArn.endsWith('-read'),
  }))
  expect(new Set(made.map(({ isRead }) => isRead))).toEqual(new Set([true, false]))
  for (const { actions, isRead } of made) {
    const allowed = policiesOf(template, isRead ? 'ReadRole' : 'WriteRole').flatMap(
      ({ Action = [] }) => Action,
    )
    expect(allowed).toEqual(expect.arrayContaining([...actions]))
  }
})

test('does not unlink while an execution is under way', async () => {
  const execution = await lab.begin('iasql_sync')

  const refused = await lab.refusal('iasql_account_unlink', [two])

  expect(refused).toMatchObject({ sqlstate: '55006' })
  expect(refused.message).toContain(`execution ${execution} of ann is under way`)
  await lab.drive(execution)
})

test('lets go of an account with its rows, leaves its resources, and finds them again when it is linked again', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 5 WHERE account_id = '${two}'`)

  const { rows: unlinked, notices } = await lab.answer('iasql_account_unlink', [two])
  const between = await rows()
  await lab.link(two)
  await lab.call('iasql_sync')

  expect(unlinked).toMatchObject([{ account_id: two }])
  expect(notices?.[0]).toBe(`1 row of account ${two} went; everything stays in the cloud.`)
  expect(notices?.[1]).toBe('Edits of 1 of them were not applied; they went along.')
  expect(between).not.toContainEqual(expect.objectContaining({ account_id: two }))
  expect(await queuesIn(two)).toEqual(['second'])
  expect(await rows()).toContainEqual({ name: 'second', account_id: two })
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('leaves the choice of a default to the user when several accounts are left', async () => {
  await lab.link('444444444444')

  const { notices } = await lab.answer('iasql_account_unlink', [one])

  expect(notices?.at(-1)).toContain('No account is the default any more')
  expect(await lab.user.query('SELECT account_id FROM aws_accounts WHERE is_default')).toEqual([])
  await lab.answer('iasql_account_unlink', ['444444444444'])
  expect(await lab.user.query('SELECT account_id FROM aws_accounts WHERE is_default')).toEqual([
    { account_id: two },
  ])
})
