/** Members and tokens as owners manage them in SQL, and as everybody of the tenant sees them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { changePeople } from '#operations/people/change-people.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { databaseOver } from '#postgres/database.ts'
import { openTenantLab, type TenantLab } from '../support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
})
afterAll(() => lab?.close())
beforeEach(async () => {
  const { platform } = lab.whole
  await platform.run('DELETE FROM iasql_platform.member')
  await platform.run('DELETE FROM iasql_platform.token')
  await changePeople(lab.ports, lab.tenant, async () => undefined)
  await create('root', 'owner')
})

const create = async (name: string, role: string, expires: string | null = null): Promise<Row> => {
  const [row = {}] = await lab.call('iasql_token_create', [name, role, expires])
  return row
}
const refusal = (name: string, given: readonly Json[]): Promise<IasqlError> =>
  lab.call(name, given).then(
    () => Promise.reject(new Error(`${name} was not refused`)),
    (error: IasqlError) => error,
  )
const members = () => lab.user.query<object>('SELECT subject, role FROM iasql_member ORDER BY subject')
const tokens = () => lab.user.query<object>('SELECT name, role FROM iasql_token ORDER BY name')

describe('members', () => {
  test('are added by address or subject, shown to the tenant, given another role, and removed', async () => {
    await lab.call('iasql_member_add', [' Ann@Example.com ', 'viewer'])
    await lab.call('iasql_member_add', ['auth0|17', 'editor'])
    const [changed] = await lab.call('iasql_member_add', ['ann@example.com', 'operator'])
    const between = await members()

    const [removed] = await lab.call('iasql_member_remove', ['ANN@example.com'])

    expect(changed).toMatchObject({
      subject: 'Ann@Example.com',
      role: 'operator',
      added_at: expect.any(String),
    })
    expect(between).toEqual([
      { subject: 'Ann@Example.com', role: 'operator' },
      { subject: 'auth0|17', role: 'editor' },
    ])
    expect(removed).toMatchObject({ subject: 'Ann@Example.com' })
    expect(await members()).toEqual([{ subject: 'auth0|17', role: 'editor' }])
  })

  test.each([
    ['a role that there is not', 'iasql_member_add', ['ann@example.com', 'admin'], '22023', /no role admin/],
    ['no subject', 'iasql_member_add', ['  ', 'viewer'], '22023', /empty text is no subject/],
    ['a subject with a line break', 'iasql_member_add', ['ann\nbob', 'viewer'], '22023', /no subject/],
    ['the name of the engine', 'iasql_member_add', ['iasql', 'viewer'], '42939', /engine's own/],
    ['the name of a token', 'iasql_member_add', ['root', 'viewer'], '42710', /token named root/],
    [
      'nobody’s subject to remove',
      'iasql_member_remove',
      ['amn@example.com'],
      'P0002',
      /did you mean ann@example.com/,
    ],
  ])('are not made of %s', async (_, name, given, sqlstate, message) => {
    await lab.call('iasql_member_add', ['ann@example.com', 'viewer'])

    const error = await refusal(name, given)

    expect(error).toMatchObject({
      sqlstate,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
    expect(await members()).toEqual([{ subject: 'ann@example.com', role: 'viewer' }])
  })
})

describe('tokens', () => {
  test('are shown once when they are made, and never again', async () => {
    const made = await create('ci', 'operator', '90 days')

    const everything = await lab.user.query<{ text: string }>('SELECT k::text AS text FROM iasql_token k')
    const audit = await lab.user.query<{ text: string }>('SELECT change::text AS text FROM iasql_audit_log')
    const platform = await lab.whole.platform.query<{ text: string }>(
      'SELECT k::text AS text FROM iasql_platform.token k',
    )

    expect(made).toMatchObject({
      name: 'ci',
      role: 'operator',
      token: expect.stringMatching(/^iasql_[\w-]{43}$/),
    })
    expect(Date.parse(String(made.expires_at)) - Date.now()).toBeGreaterThan(89 * 86_400_000)
    expect(await tokens()).toEqual([
      { name: 'ci', role: 'operator' },
      { name: 'root', role: 'owner' },
    ])
    expect(JSON.stringify([everything, audit, platform])).not.toContain(String(made.token).slice(6))
  })

  test('are revoked by name, and the name is free again', async () => {
    const first = await create('ci', 'operator')
    const taken = await refusal('iasql_token_create', ['ci', 'viewer', null])

    const [revoked] = await lab.call('iasql_token_revoke', ['ci'])
    const second = await create('ci', 'viewer')

    expect(taken).toMatchObject({
      sqlstate: '42710',
      hint: expect.stringContaining("iasql_token_revoke('ci')"),
    })
    expect(revoked).toEqual({
      name: 'ci',
      role: 'operator',
      created_at: first.created_at,
      expires_at: null,
    })
    expect(second.token).not.toBe(first.token)
  })

  test.each([
    ['a name like an address', ['ann@example.com', 'viewer', null], '42602', /no name of a token/],
    ['the name of the engine', ['iasql', 'viewer', null], '42939', /engine's own/],
    ['the name of a database login', ['t_0123456789abcdef_writer', 'viewer', null], '42939', /engine's own/],
    ['an empty name', ['', 'viewer', null], '42602', /empty text is no name/],
    ['a name that ends a literal', ["ci'--", 'viewer', null], '42602', /no name of a token/],
    ['the name of a member', ['u-17', 'viewer', null], '42710', /member named u-17/],
    ['a role that there is not', ['ci', 'root', null], '22023', /no role root/],
    ['a time that is over', ['ci', 'viewer', '2020-01-01'], '22023', /cannot expire at 2020-01-01/],
    ['no time', ['ci', 'viewer', 'soon'], '22007', /soon is no time/],
    ['the end of time', ['ci', 'viewer', 'infinity'], '22023', /cannot expire at infinity/],
  ])('are not made with %s', async (_, given, sqlstate, message) => {
    await lab.call('iasql_member_add', ['u-17', 'viewer'])

    const error = await refusal('iasql_token_create', given)

    expect(error).toMatchObject({
      sqlstate,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
    expect(await tokens()).toEqual([{ name: 'root', role: 'owner' }])
  })

  test('that there are not cannot be revoked, and the nearest is named', async () => {
    const error = await refusal('iasql_token_revoke', ['rout'])

    expect(error).toMatchObject({ sqlstate: 'P0002', message: expect.stringContaining('did you mean root') })
  })
})

describe('the last owner', () => {
  const lastOwner = { sqlstate: '55000', message: 'this would leave the tenant without an owner' }

  test('cannot revoke their own token, and nothing is changed by the attempt', async () => {
    const error = await refusal('iasql_token_revoke', ['root'])

    expect(error).toMatchObject({ ...lastOwner, hint: expect.stringContaining('iasql_member_add') })
    expect(await tokens()).toEqual([{ name: 'root', role: 'owner' }])
  })

  test('is nobody who is an owner for a while, and no member where members cannot sign in', async () => {
    await create('other', 'owner', '1 day')
    await lab.call('iasql_member_add', ['ann@example.com', 'owner'])

    const error = await refusal('iasql_token_revoke', ['root'])

    expect(error).toMatchObject(lastOwner)
  })

  test('may go once there is another', async () => {
    await create('other', 'owner')

    await lab.call('iasql_token_revoke', ['root'])

    expect(await tokens()).toEqual([{ name: 'other', role: 'owner' }])
  })

  test('stays, whoever goes first of two that take each other away', async () => {
    await create('other', 'owner')

    const outcomes = await Promise.allSettled([
      lab.call('iasql_token_revoke', ['root']),
      lab.call('iasql_token_revoke', ['other']),
    ])

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await tokens()).length).toBe(1)
  })
})

describe('walls', () => {
  test('a tenant sees its own people alone, and can write neither what it sees nor what it does not', async () => {
    const other = await createTenant(lab.ports, { alias: 'other', secrets: lab.secrets })
    await lab.call('iasql_member_add', ['ann@example.com', 'viewer'])
    const stranger = databaseOver(lab.ports.dataApi, other.writer)

    const seen = await stranger.query(
      'SELECT subject FROM iasql_member UNION ALL SELECT name FROM iasql_token',
    )

    expect(seen).toEqual([])
    for (const sql of [
      "INSERT INTO iasql_member VALUES ('eve', 'owner', now())",
      "UPDATE iasql_member SET role = 'owner'",
      'DELETE FROM iasql_token_record',
      "UPDATE iasql_token SET role = 'owner'",
      `SELECT * FROM ${lab.tenant.schema}.iasql_member`,
      'SELECT * FROM iasql_platform.member',
      'SELECT * FROM iasql_platform.token',
      'SELECT * FROM iasql_platform.ticket',
      'SELECT * FROM iasql_platform.first_owner',
    ])
      await expect(stranger.run(sql), sql).rejects.toThrow(/permission denied|cannot update view/)
  })

  test('the log says who let whom in and took whom away', async () => {
    await lab.call('iasql_member_add', ['bob@example.com', 'viewer'], { actor: 'olga' })
    await lab.call('iasql_token_create', ['robot', 'editor', null], { actor: 'olga' })
    await lab.call('iasql_member_remove', ['bob@example.com'], { actor: 'pia' })

    const told = await lab.user.query<object>(
      `SELECT actor, change_type, table_name, coalesce(change #>> '{change,subject}', change #>> '{original,subject}',
         change #>> '{change,name}') AS who
       FROM iasql_audit_log WHERE actor IN ('olga', 'pia') ORDER BY id`,
    )

    expect(told).toEqual([
      { actor: 'olga', change_type: 'INSERT', table_name: 'iasql_member', who: 'bob@example.com' },
      { actor: 'olga', change_type: 'INSERT', table_name: 'iasql_token', who: 'robot' },
      { actor: 'pia', change_type: 'DELETE', table_name: 'iasql_member', who: 'bob@example.com' },
    ])
  })

  test('what was changed about people is no part of the statements that make the tables again', async () => {
    await lab.call('iasql_member_add', ['bob@example.com', 'viewer'])

    const statements = await lab.call('iasql_get_sql_since', [null])

    expect(JSON.stringify(statements)).not.toContain('bob@example.com')
  })
})
