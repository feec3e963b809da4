/** Tenants as owners of the home tenant look after them in SQL, and as everybody else may not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import { changePeople } from '#operations/people/change-people.ts'
import { signIn } from '#operations/people/sign-in.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { finishDeletions } from '#operations/tenant/delete-tenant.ts'
import { insertConnection } from '#postgres/statements/connection-insert.ts'
import { putMember } from '#postgres/statements/member-change.ts'
import { setDeleting } from '#postgres/statements/tenant-change.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { openPlatformLab, type PlatformLab } from '../support/platform-lab.ts'

let lab: PlatformLab

beforeAll(async () => {
  lab = await openPlatformLab()
})
afterAll(() => lab?.close())

const refusal = (...call: Parameters<PlatformLab['call']>): Promise<IasqlError> =>
  lab.call(...call).then(
    () => Promise.reject(new Error(`${call[0]} was not refused`)),
    (error: IasqlError) => error,
  )
const connect = async (alias: string) => {
  const [row = {}] = await lab.call('iasql_connect', [alias])
  const tenant = await findTenant(lab.platform, { alias })
  if (!tenant) throw new Error(`there is no ${alias}`)
  return { row, tenant, token: String(row.token) }
}
const aliases = async (...call: Parameters<PlatformLab['call']>) =>
  (await lab.call(...call)).map(({ alias }) => alias)

describe('a new tenant', () => {
  test('is whole, and belongs to the one who made it by a token shown once', async () => {
    const { row, tenant, token } = await connect('staging')

    expect(row).toMatchObject({ alias: 'staging', placement: 'shared', state: 'active', is_home: false })
    expect(await signIn(lab.ports, { text: token, tenant: undefined })).toMatchObject({
      tenantId: tenant.id,
      subject: 'root',
      role: 'owner',
    })
    expect(await lab.as(tenant, 'writer').query('SELECT name FROM iasql_module')).toEqual([
      { name: 'aws_account' },
    ])
  })

  test('made by a person has that person as owner, and no token', async () => {
    const connection = {
      connectionId: 'c-ann',
      tenantId: lab.home.id,
      subject: 'ann@example.com',
      role: 'owner',
    }
    await insertConnection(lab.platform, { ...connection, member: 'ann@example.com', endpoint: 'test' })

    const [row] = await lab.call('iasql_connect', ['anns'], {
      actor: 'ann@example.com',
      connectionId: 'c-ann',
    })

    const tenant = await findTenant(lab.platform, { alias: 'anns' })
    expect(row?.token).toBeNull()
    expect(
      await lab.platform.query('SELECT subject, role FROM iasql_platform.member WHERE tenant_id = :id', {
        id: tenant?.id,
      }),
    ).toEqual([{ subject: 'ann@example.com', role: 'owner' }])
  })

  test('whose making was cut off before anybody owned it is completed by the same call', async () => {
    await createTenant(lab.ports, { alias: 'halfway', secrets: lab.ports.secrets })

    const { token } = await connect('halfway')

    expect(await signIn(lab.ports, { text: token, tenant: 'halfway' })).toMatchObject({ role: 'owner' })
  })

  test.each([
    ['a name with capitals', 'Staging', '42602'],
    ['an empty name', '', '42602'],
    ['a name that would be SQL', "x'; DROP TABLE y", '42602'],
    ['a name that is too long', 'a'.repeat(64), '42602'],
    ['a name that is taken', 'staging', '42710'],
    ['the name of the home tenant', 'home', '42710'],
  ])('is refused %s', async (_what, alias, sqlstate) => {
    expect(await refusal('iasql_connect', [alias])).toMatchObject({ sqlstate })
  })
})

describe('the list', () => {
  test('shows all to owners of the home tenant', async () => {
    expect(await aliases('iasql_db_list', [])).toEqual(expect.arrayContaining(['anns', 'home', 'staging']))
  })

  test('shows others the tenant that they are in, and those that they are members of', async () => {
    const { tenant } = await connect('listed')
    const anns = await findTenant(lab.platform, { alias: 'anns' })
    await changePeople(lab.ports, tenant, (db) =>
      putMember(db, { tenantId: tenant.id, subject: 'ann@example.com', role: 'viewer' }),
    )
    await insertConnection(lab.platform, {
      ...{ connectionId: 'c-anns', tenantId: anns?.id ?? '', subject: 'ann@example.com', role: 'owner' },
      ...{ member: 'Ann@Example.com', endpoint: 'test' },
    })
    if (!anns) throw new Error('there is no tenant anns')

    expect(await aliases('iasql_db_list', [], { tenant: anns, connectionId: 'c-anns' })).toEqual([
      'anns',
      'listed',
    ])
    expect(await aliases('iasql_db_list', [], { tenant, role: 'owner' })).toEqual(['listed'])
    expect(await aliases('iasql_db_list', [], { role: 'operator' })).toEqual(['home'])
  })
})

test.each<[string, readonly Json[]]>([
  ['iasql_connect', ['mine']],
  ['iasql_disconnect', ['home']],
  ['iasql_tenant_suspend', ['home', true]],
  ['iasql_tenant_quota', ['home', 'runs', 1]],
])('%s is for owners of the home tenant only', async (name, given) => {
  const other = await findTenant(lab.platform, { alias: 'staging' })
  if (!other) throw new Error('there is no tenant staging')

  const elsewhere = await refusal(name, given, { tenant: other })
  const lesser = await refusal(name, given, { role: 'operator' })

  expect(elsewhere).toMatchObject({ code: 'auth/role', message: `${name} is for owners of the home tenant` })
  expect(lesser.code).toBe('auth/role')
})

test.each<[string, readonly Json[], string]>([
  ['iasql_disconnect', ['stagin'], 'P0002'],
  ['iasql_tenant_suspend', ['stagin', true], 'P0002'],
  ['iasql_tenant_quota', ['stagin', 'runs', 1], 'P0002'],
  ['iasql_disconnect', ['home'], '55000'],
  ['iasql_tenant_suspend', ['home', true], '55000'],
  ['iasql_tenant_quota', ['staging', 'disk', 1], '22023'],
  ['iasql_tenant_quota', ['staging', 'runs', 0], '22023'],
  ['iasql_tenant_quota', ['staging', 'connections', 0], '22023'],
])('%s of %j is refused with %s', async (name, given, sqlstate) => {
  const error = await refusal(name, given)

  expect(error).toMatchObject({ sqlstate, hint: expect.stringMatching(/\.$/) })
  if (sqlstate === 'P0002') expect(error.message).toContain('staging')
})

test('a suspended tenant refuses its people and its logins, ends what it does, and goes on when that is lifted', async () => {
  const { tenant, token } = await connect('paused')
  const t = tenant.schema
  const connection = {
    connectionId: 'c-1',
    tenantId: tenant.id,
    subject: 'root',
    role: 'owner',
    endpoint: 'test',
  }
  await insertConnection(lab.platform, connection)
  await lab.platform.run(
    `INSERT INTO ${t}.iasql_execution_record (kind, rpc, arguments, actor) VALUES ('sync', 'iasql_sync', '[]', 'root')`,
  )
  const login = () => lab.as(tenant, 'writer').query('SELECT 1 AS one')
  await login()

  const [suspended] = await lab.call('iasql_tenant_suspend', ['paused', true])

  expect(suspended?.state).toBe('suspended')
  expect([lab.posted.at(-1), lab.closed.at(-1)]).toEqual(['c-1 auth/suspended', 'c-1'])
  await expect(signIn(lab.ports, { text: token, tenant: undefined })).rejects.toMatchObject({
    code: 'auth/suspended',
  })
  await expect(login()).rejects.toThrow()
  expect(await lab.platform.query(`SELECT cancel_requested FROM ${t}.iasql_execution_record`)).toEqual([
    { cancel_requested: true },
  ])

  await lab.call('iasql_tenant_suspend', ['paused', false])

  expect(await signIn(lab.ports, { text: token, tenant: undefined })).toMatchObject({ role: 'owner' })
  expect(await login()).toEqual([{ one: 1 }])
})

describe('a deleted tenant', () => {
  const traces = (id: string) =>
    lab.platform.query(
      `SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE :id || '%'
       UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE :id || '%'
       UNION ALL SELECT tenant_id FROM iasql_platform.tenant WHERE tenant_id = :id
       UNION ALL SELECT scope FROM iasql_platform.schema_version WHERE scope = :id`,
      { id },
    )

  test('leaves no schema, role, row or secret, whatever it has made', async () => {
    const { tenant, token } = await connect('gone')
    const writer = lab.as(tenant, 'writer')
    await writer.run(`CREATE TABLE ${tenant.userSchema}.mine AS SELECT * FROM iasql_module`)
    await writer.run(`CREATE VIEW ${tenant.userSchema}.v AS SELECT * FROM ${tenant.userSchema}.mine`)

    const [row] = await lab.call('iasql_disconnect', ['gone'])

    expect(row).toMatchObject({ alias: 'gone', state: 'deleted' })
    expect(await traces(tenant.id)).toEqual([])
    await expect(lab.ports.secrets.get(tenant.writer.secret)).rejects.toThrow('no secret')
    await expect(signIn(lab.ports, { text: token, tenant: undefined })).rejects.toMatchObject({
      code: 'auth/refused',
    })
  })

  test('whose deletion was cut off anywhere is gone after the next sweep', async () => {
    const { tenant } = await connect('cut')
    await setDeleting(lab.platform, tenant)
    await lab.platform.run(`DROP SCHEMA ${tenant.userSchema} CASCADE`)

    await finishDeletions(lab.ports)

    expect(await traces(tenant.id)).toEqual([])
  })

  test('waits for the call to AWS that is in flight', async () => {
    const { tenant } = await connect('busy')
    const t = tenant.schema
    await lab.platform.run(
      `INSERT INTO ${t}.iasql_execution_record (kind, rpc, arguments, actor, lease_until)
       VALUES ('apply', 'iasql_apply', '[]', 'root', clock_timestamp() + interval '1 hour')`,
    )
    await setDeleting(lab.platform, tenant)

    await finishDeletions(lab.ports)
    const during = await traces(tenant.id)
    await lab.platform.run(`UPDATE ${t}.iasql_execution_record SET lease_until = NULL`)
    await finishDeletions(lab.ports)

    expect(during.length).toBeGreaterThan(0)
    expect(await traces(tenant.id)).toEqual([])
  })
})
