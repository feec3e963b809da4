/** What IAM says and the emulator does not: boundaries of users, keys, encoded documents, roles of AWS, slow news. */
import {
  AttachRolePolicyCommand,
  CreateLoginProfileCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteLoginProfileCommand,
  DeletePolicyVersionCommand,
  DeleteUserPermissionsBoundaryCommand,
  GetAccountAuthorizationDetailsCommand,
  GetPolicyCommand,
  GetRoleCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListRolesCommand,
  NoSuchEntityException,
  PutUserPermissionsBoundaryCommand,
  UpdateAccessKeyCommand,
  UpdateLoginProfileCommand,
} from '@aws-sdk/client-iam'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { ref } from '#engine/model/cloud.ts'
import { findTable, registry } from '#modules/registry.ts'
import { propagationOf } from '#operations/apply/propagation.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const iam = mockClient(IAMClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'us-east-1' }
const api = cloud.api(IAMClient, place, AbortSignal.timeout(5_000))

beforeEach(() => {
  iam.reset()
})

const noSuch = (message: string) => new NoSuchEntityException({ message, $metadata: { httpStatusCode: 404 } })
const encoded = (document: object): string => encodeURIComponent(JSON.stringify(document))
const allowAll = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const own = 'arn:aws:iam::123456789012:policy/limit'
const ofAws = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

describe('users', () => {
  const user = mapperOf('iam_user')
  const row = {
    user_name: 'eve',
    path: '/',
    permissions_boundary_id: null,
    permissions_boundary_arn: null,
    tags: null,
  }

  test('a user is made with its boundary, which is set, moved and cleared by calls of their own', async () => {
    iam.onAnyCommand().resolves({})
    const change = { permissions_boundary_id: { from: null, to: { arn: own } } }

    await user.create({ ...row, permissions_boundary_id: { arn: own } }, 'token', api)
    await user.update({ UserName: 'eve' }, { ...row, permissions_boundary_arn: ofAws }, change, 'token', api)
    await user.update({ UserName: 'eve' }, row, change, 'token', api)

    const sent = iam.calls().map(({ args: [command] }) => [command.constructor, command.input])
    expect(sent).toEqual([
      [CreateUserCommand, { UserName: 'eve', Path: '/', Tags: [], PermissionsBoundary: own }],
      [PutUserPermissionsBoundaryCommand, { UserName: 'eve', PermissionsBoundary: ofAws }],
      [DeleteUserPermissionsBoundaryCommand, { UserName: 'eve' }],
    ])
  })

  test('a boundary of the account is a reference, one of AWS its ARN', () => {
    const limited = (PermissionsBoundaryArn: string) =>
      user.toRow({ UserName: 'eve', PermissionsBoundary: { PermissionsBoundaryArn } })

    expect(limited(own)).toMatchObject({
      permissions_boundary_id: ref('aws_iam.iam_policy', { arn: own }),
      permissions_boundary_arn: null,
    })
    expect(limited(ofAws)).toMatchObject({ permissions_boundary_id: null, permissions_boundary_arn: ofAws })
  })
})

describe('passwords', () => {
  const rpc = registry.findModule('aws_iam')?.rpc.find(({ name }) => name === 'set_user_password')
  const set = (password: string, reset_required = false) =>
    rpc?.handler({ user_name: 'eve', password, reset_required }, { place, cloud: api })
  const sent = () => iam.calls().map(({ args: [command] }) => [command.constructor, command.input])

  test('a user that has one gets another, one that has none gets the first', async () => {
    iam.on(UpdateLoginProfileCommand).resolvesOnce({}).rejects(noSuch('Login Profile for User eve'))
    iam.on(CreateLoginProfileCommand).resolves({})
    const profile = { UserName: 'eve', Password: 'long enough', PasswordResetRequired: true }

    const outcomes = [await set('long enough', true), await set('long enough', true)]

    expect(outcomes).toEqual([[{ outcome: 'changed' }], [{ outcome: 'created' }]])
    expect(sent()).toEqual([
      [UpdateLoginProfileCommand, profile],
      [UpdateLoginProfileCommand, profile],
      [CreateLoginProfileCommand, profile],
    ])
  })

  test('an empty one takes it away', async () => {
    iam.onAnyCommand().resolves({})

    expect(await set('')).toEqual([{ outcome: 'removed' }])
    expect(sent()).toEqual([[DeleteLoginProfileCommand, { UserName: 'eve' }]])
  })
})

describe('access keys', () => {
  const key = mapperOf('access_key')
  const created = new Date('2026-01-01T00:00:00Z')

  beforeEach(() => {
    iam.on(GetAccountAuthorizationDetailsCommand).resolves({
      UserDetailList: [{ UserName: 'ann' }, { UserName: 'bob' }],
      IsTruncated: false,
    })
    iam
      .on(ListAccessKeysCommand, { UserName: 'bob' })
      .rejects(noSuch('The user with name bob cannot be found.'))
    iam.on(ListAccessKeysCommand, { UserName: 'ann' }).resolves({
      AccessKeyMetadata: [{ UserName: 'ann', AccessKeyId: 'AKIA1', Status: 'Inactive', CreateDate: created }],
    })
  })

  test('those of every user are listed; a user that is gone meanwhile has none', async () => {
    const listed = await Array.fromAsync(key.list(place, api))

    expect(listed.map(key.idOf)).toEqual([{ user_name: 'ann', access_key_id: 'AKIA1' }])
    expect(listed.map(key.toRow)).toEqual([
      { access_key_id: 'AKIA1', user_name: 'ann', status: 'Inactive', create_date: created.toISOString() },
    ])
  })

  test('one is switched and deleted, and never made by a row', async () => {
    const [seen] = await key.get([{ user_name: 'ann', access_key_id: 'AKIA1' }], api)
    const want = { access_key_id: 'AKIA1', user_name: 'ann', status: 'Active', create_date: null }

    await key.update(seen, want, { status: { from: 'Inactive', to: 'Active' } }, 'token', api)
    await key.delete(seen, want, api)

    const one = { UserName: 'ann', AccessKeyId: 'AKIA1' }
    expect(iam.commandCalls(UpdateAccessKeyCommand)[0]?.args[0].input).toEqual({ ...one, Status: 'Active' })
    expect(iam.commandCalls(DeleteAccessKeyCommand)[0]?.args[0].input).toEqual(one)
    expect(() => key.create(want, 'token', api)).toThrow('not made by a row')
  })
})

describe('roles', () => {
  const role = mapperOf('iam_role')
  const listed = { RoleName: 'r', RoleId: 'AROA1', Path: '/', Description: 'd', MaxSessionDuration: 7_200 }

  test('a list and the details of the account make a role whole, without a call for each', async () => {
    const document = { AssumeRolePolicyDocument: encoded(allowAll) }
    iam.on(ListRolesCommand).resolves({ Roles: [{ ...listed, ...document }] as never, IsTruncated: false })
    iam.on(GetAccountAuthorizationDetailsCommand).resolves({
      RoleDetailList: [
        {
          RoleId: 'AROA1',
          Tags: [{ Key: 'team', Value: 'a' }],
          PermissionsBoundary: { PermissionsBoundaryArn: own },
        },
      ],
    })

    const seen = await Array.fromAsync(role.list(place, api))

    expect(seen.map(role.toRow)).toMatchObject([
      {
        role_name: 'r',
        assume_role_policy_document: allowAll,
        description: 'd',
        max_session_duration: 7_200,
        permissions_boundary_id: ref('aws_iam.iam_policy', { arn: own }),
        tags: { team: 'a' },
      },
    ])
    expect(iam.commandCalls(GetRoleCommand)).toEqual([])
  })

  test('a role that the details have not heard of yet is read by itself', async () => {
    iam.on(ListRolesCommand).resolves({ Roles: [listed] as never })
    iam.on(GetAccountAuthorizationDetailsCommand).resolves({ RoleDetailList: [] })
    iam.on(GetRoleCommand).resolves({ Role: { ...listed, Tags: [{ Key: 'new', Value: 'yes' }] } as never })

    const seen = await Array.fromAsync(role.list(place, api))

    expect(seen.map(role.toRow)).toMatchObject([{ role_name: 'r', tags: { new: 'yes' } }])
  })

  test.each([
    ['/aws-service-role/autoscaling.amazonaws.com/', true],
    ['/aws-reserved/sso.amazonaws.com/', true],
    ['/service-role/', false],
    ['/', false],
  ])('a role below %s is not ours: %s', (Path, isTheirs) => {
    expect(role.isExternal?.({ RoleName: 'r', Path }, place)).toBe(isTheirs)
  })
})

describe('policies', () => {
  const policy = mapperOf('iam_policy')
  const versions = ['v9', 'v10', 'v8', 'v11', 'v12'].map((VersionId) => ({
    VersionId,
    Document: encoded(allowAll),
  }))
  const seen = { policy: { Arn: own, PolicyName: 'limit', DefaultVersionId: 'v12' }, versions }

  test('a sixth version makes the oldest go, which is not the first by its letters', async () => {
    iam.onAnyCommand().resolves({})
    const change = { policy_document: { from: null, to: allowAll } }

    await policy.update(seen, { policy_document: allowAll }, change, 'token', api)

    expect(iam.commandCalls(DeletePolicyVersionCommand)[0]?.args[0].input).toEqual({
      PolicyArn: own,
      VersionId: 'v8',
    })
    expect(iam.commandCalls(CreatePolicyVersionCommand)).toHaveLength(1)
  })

  test('a row shows the default version and which older ones there are', () => {
    expect(policy.toRow(seen)).toMatchObject({
      policy_document: allowAll,
      default_version_id: 'v12',
      older_version_ids: ['v8', 'v9', 'v10', 'v11'],
    })
  })

  test('many are read by the details of the account and one call each, for their tags', async () => {
    const arns = Array.from({ length: 30 }, (_, n) => `${own}-${n}`)
    iam.on(GetAccountAuthorizationDetailsCommand).resolves({
      Policies: arns.map((Arn) => ({
        Arn,
        DefaultVersionId: 'v1',
        PolicyVersionList: [{ VersionId: 'v1', Document: encoded(allowAll) }],
      })),
    })
    iam
      .on(GetPolicyCommand)
      .callsFake(({ PolicyArn }) => ({ Policy: { Arn: PolicyArn, DefaultVersionId: 'v1' } }))

    const found = await policy.get(
      arns.map((arn) => ({ arn })),
      api,
    )

    expect(found.map(policy.toRow).map((row) => row.policy_document)).toEqual(arns.map(() => allowAll))
    expect(iam.calls()).toHaveLength(arns.length + 1)
  })

  test('a policy of AWS is not ours', () => {
    expect(policy.isExternal?.({ policy: { Arn: ofAws } }, place)).toBe(true)
    expect(policy.isExternal?.(seen, place)).toBe(false)
  })
})

describe('news that has not gone round yet', () => {
  const attachment = mapperOf('role_policy_attachment')
  const refusalOf = async (message: string) => {
    iam.on(AttachRolePolicyCommand).rejects(noSuch(message))
    const want = { role_name: 'r', policy_id: { arn: own }, policy_arn: null }
    return await attachment.create(want, 'token', api).then(
      () => undefined,
      (error) => error,
    )
  }
  const table = findTable('role_policy_attachment')

  test.each([
    ['The role with name r cannot be found.', true],
    [`Policy ${own} does not exist or is not attachable.`, true],
    // AWS's own are old: the name is wrong.
    ['Policy arn:aws:iam::aws:policy/Wrong does not exist or is not attachable.', false],
  ])('%s is tried again: %s', async (message, isTriedAgain) => {
    const refusal = await refusalOf(message)

    expect(table && propagationOf(table, refusal) !== undefined).toBe(isTriedAgain)
  })
})
