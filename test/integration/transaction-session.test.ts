/** Whose transaction it is: begun once, ended by its session or by whoever it was left to. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSession, sessionLab } from '#test/support/session.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab?.close()
})
beforeEach(async () => {
  await lab.user.run('DELETE FROM queue')
  await lab.call('iasql_apply')
})

const session = (actor: string) => openSession(sessionLab(lab), actor)
const names = async () => {
  const rows = await lab.user.query<{ name: string }>('SELECT name FROM queue ORDER BY name')
  return rows.map(({ name }) => name)
}

test('gives the transaction a number, and shows only its own rows in a preview', async () => {
  const ann = await session('ann')
  await ann.write(`INSERT INTO queue (name) VALUES ('before')`)

  const [begun] = await ann.call('iasql_begin')
  await ann.write(`INSERT INTO queue (name) VALUES ('inside')`)

  const inside = await ann.call('iasql_preview')
  expect(String(begun?.message)).toContain('Transaction begun')
  expect(String(begun?.transaction_id)).toMatch(/^[0-9a-f-]{36}$/)
  expect(inside.map(({ natural_name }) => natural_name)).toEqual(['inside'])
  await ann.call('iasql_rollback')
})

test('leaves the rows of an open transaction out of previews and applies of others', async () => {
  const [ann, bob] = [await session('ann'), await session('bob')]
  await ann.call('iasql_begin')
  await ann.write(`INSERT INTO queue (name) VALUES ('of-ann')`)
  await bob.write(`INSERT INTO queue (name) VALUES ('of-bob')`)

  const previewed = await bob.call('iasql_preview')
  const applied = await bob.call('iasql_apply')

  expect(previewed.map(({ natural_name }) => natural_name)).toEqual(['of-bob'])
  expect(applied.map(({ description }) => description)).toEqual(['queue of-bob'])
  expect(await ann.call('iasql_commit')).toMatchObject([{ action: 'create', description: 'queue of-ann' }])
  expect(await names()).toEqual(['of-ann', 'of-bob'])
})

test('refuses a second begin, and a commit, rollback or revert of nothing', async () => {
  const ann = await session('ann')

  expect(await ann.refusal('iasql_commit')).toMatchObject({ code: 'transaction/none', sqlstate: '25P01' })
  expect(await ann.refusal('iasql_rollback')).toMatchObject({ code: 'transaction/none' })
  const [begun] = await ann.call('iasql_begin')
  const second = await ann.refusal('iasql_begin')
  expect(second).toMatchObject({ code: 'transaction/open', sqlstate: '25001' })
  expect(second.message).toContain(String(begun?.transaction_id))
  for (const id of ['nonsense', '999999999', '', '99999999999999999999999'])
    expect(await ann.refusal('iasql_revert', [id])).toMatchObject({ code: 'transaction/unknown' })
  expect(await ann.refusal('iasql_revert', [String(begun?.transaction_id)])).toMatchObject({
    code: 'transaction/open',
  })
  await ann.call('iasql_rollback')
})

test('a transaction whose session is gone is taken over by the same actor, and by nobody else', async () => {
  const [ann, bob] = [await session('ann'), await session('bob')]
  await ann.call('iasql_begin')
  await ann.write(`INSERT INTO queue (name) VALUES ('left')`)
  await ann.leave()
  const again = await session('ann')

  expect(await bob.refusal('iasql_commit')).toMatchObject({ code: 'transaction/none' })
  expect(await again.refusal('iasql_begin')).toMatchObject({ code: 'transaction/open' })
  expect((await again.call('iasql_commit')).map(lineOf)).toEqual(['create queue'])
  expect(await again.refusal('iasql_commit')).toMatchObject({ code: 'transaction/none' })
})

test('of two transactions left in sessions that are gone, each is taken back by its number', async () => {
  const sessions = [await session('ann'), await session('ann')]
  const ids: string[] = []
  for (const [index, one] of sessions.entries()) {
    const [begun] = await one.call('iasql_begin')
    ids.push(String(begun?.transaction_id))
    await one.write(`INSERT INTO queue (name) VALUES ('left-${index}')`)
  }
  for (const one of sessions) await one.leave()
  const again = await session('ann')

  const refused = await again.refusal('iasql_commit')
  for (const id of ids) await again.call('iasql_revert', [id])

  expect(ids.every((id) => refused.message.includes(id))).toBe(true)
  expect(await names()).toEqual([])
})

test('a session without a transaction commits nothing of another one of the same actor', async () => {
  const [first, second] = [await session('ann'), await session('ann')]
  await first.call('iasql_begin')
  await first.write(`INSERT INTO queue (name) VALUES ('first')`)

  expect(await second.refusal('iasql_commit')).toMatchObject({ code: 'transaction/none' })
  expect(await second.call('iasql_preview')).toEqual([])
  await first.call('iasql_rollback')
  expect(await names()).toEqual([])
})
