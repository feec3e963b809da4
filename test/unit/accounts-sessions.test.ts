/** Sessions of roles: shared, renewed in time, and named so that CloudTrail tells whose they are. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RoleSession, roleSessions } from '#aws/role-sessions.ts'
import { principalOf } from '#local/cloud.ts'
import { sessionName } from '#operations/accounts/session-name.ts'

const role = { roleArn: 'arn:aws:iam::222222222222:role/read', sessionName: 'iasql,shop,e1,ann' }
const hourMs = 3_600_000

const fixture = () => {
  const state = { nowMs: 1_000_000, assumed: 0, failing: false }
  const sessionOf = roleSessions({
    nowMs: () => state.nowMs,
    assume: async () => {
      state.assumed += 1
      const accessKeyId = `ASIA${state.assumed}`
      if (state.failing) throw new Error('throttled')
      const expiration = new Date(state.nowMs + hourMs)
      return { accessKeyId, secretAccessKey: 's', sessionToken: 't', expiration } satisfies RoleSession
    },
  })
  return { state, sessionOf }
}

describe('a session', () => {
  test('is opened once for all who ask at the same moment, and for an hour', async () => {
    const { state, sessionOf } = fixture()

    const [first, second] = await Promise.all([sessionOf(role), sessionOf(role)])
    state.nowMs += hourMs - 400_000
    const third = await sessionOf(role)

    expect([first, second, third].map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA1', 'ASIA1', 'ASIA1'])
  })

  test('is opened anew when little more than five minutes of it are left', async () => {
    const { state, sessionOf } = fixture()
    await sessionOf(role)
    state.nowMs += hourMs - 300_000

    const renewed = await Promise.all([sessionOf(role), sessionOf(role)])

    expect(renewed.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2'])
  })

  test('serves on while no other is to be had, and no longer than it lasts', async () => {
    const { state, sessionOf } = fixture()
    await sessionOf(role)
    state.failing = true
    state.nowMs += hourMs - 200_000

    const old = await sessionOf(role)
    state.nowMs += 200_000

    expect(old.accessKeyId).toBe('ASIA1')
    await expect(sessionOf(role)).rejects.toThrow('throttled')
  })

  test('is asked for again after a failure', async () => {
    const { state, sessionOf } = fixture()
    state.failing = true
    await expect(sessionOf(role)).rejects.toThrow('throttled')

    state.failing = false

    expect((await sessionOf(role)).accessKeyId).toBe('ASIA2')
  })

  test('is nobody else’s: another role, name or identifier has its own', async () => {
    const { state, sessionOf } = fixture()

    await sessionOf(role)
    await sessionOf({ ...role, sessionName: 'iasql,shop,e2,ann' })
    await sessionOf({ ...role, externalId: 'x' })
    await sessionOf({ ...role, roleArn: `${role.roleArn}er` })

    expect(state.assumed).toBe(4)
  })
})

describe('the name of a session', () => {
  test('has tenant, execution and person', () => {
    expect(sessionName('shop', { actor: 'ann@example.com', executionId: 12 })).toBe(
      'iasql,shop,e12,ann@example.com',
    )
    expect(sessionName('shop', { actor: 'ci', runId: '0f8fad5b-d9cb-469f-a165-70867728950e' })).toBe(
      'iasql,shop,r0f8fad5b,ci',
    )
  })

  test('is one that AWS takes, whoever it is, and always has the execution whole', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 300 })

    fc.assert(
      fc.property(texts, texts, fc.nat(), (tenant, actor, executionId) => {
        const name = sessionName(tenant, { actor, executionId })

        expect(name).toMatch(/^[\w+=,.@-]{2,64}$/)
        expect(name.split(',')[2]).toBe(`e${executionId}`)
      }),
    )
  })

  test('tells apart people whose names had to be cut or changed', () => {
    const long = (end: string) => sessionName('shop', { actor: `${'a'.repeat(80)}${end}`, executionId: 1 })
    const short = (actor: string) => sessionName('shop', { actor, executionId: 1 })

    expect(long('x')).not.toBe(long('y'))
    expect(short('auth0|17')).not.toBe(short('auth0/17'))
  })
})

test.each([
  ['arn:aws:sts::123456789012:assumed-role/Admin/ann', 'arn:aws:iam::123456789012:role/Admin'],
  ['arn:aws-cn:sts::123456789012:assumed-role/Admin/ann@x', 'arn:aws-cn:iam::123456789012:role/Admin'],
  ['arn:aws:iam::123456789012:user/ann', 'arn:aws:iam::123456789012:user/ann'],
])('a role trusts, of %s, %s', (caller, principal) => {
  expect(principalOf(caller)).toBe(principal)
})
