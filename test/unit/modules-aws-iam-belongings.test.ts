/** A user goes with what is its own: devices, keys and certificates that no row tells of. */
import {
  DeactivateMFADeviceCommand,
  DeleteConflictException,
  DeleteLoginProfileCommand,
  DeleteServiceSpecificCredentialCommand,
  DeleteSigningCertificateCommand,
  DeleteSSHPublicKeyCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  ListUserPoliciesCommand,
  NoSuchEntityException,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { findTable } from '#modules/registry.ts'

const iam = mockClient(IAMClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'us-east-1' }
const api = cloud.api(IAMClient, place, AbortSignal.timeout(5_000))

const conflict = (message: string) => new DeleteConflictException({ message, $metadata: {} })
const noSuch = new NoSuchEntityException({ message: 'no such', $metadata: {} })
const virtual = 'arn:aws:iam::123456789012:mfa/eve'
const since = new Date(0)

beforeEach(() => {
  iam.reset()
  iam
    .on(DeleteLoginProfileCommand)
    .rejects(noSuch)
    .on(ListAccessKeysCommand)
    .resolves({ AccessKeyMetadata: [] })
    .on(ListUserPoliciesCommand)
    .resolves({ PolicyNames: [] })
    .on(ListAttachedUserPoliciesCommand)
    .resolves({ AttachedPolicies: [] })
    .on(ListMFADevicesCommand)
    .resolves({
      MFADevices: [
        { UserName: 'eve', SerialNumber: virtual, EnableDate: since },
        { UserName: 'eve', SerialNumber: 'GAHT12345678', EnableDate: since },
      ],
    })
    .on(ListSSHPublicKeysCommand)
    .resolves({
      SSHPublicKeys: [{ UserName: 'eve', SSHPublicKeyId: 'APKA1', Status: 'Active', UploadDate: since }],
    })
    .on(ListSigningCertificatesCommand)
    .resolves({
      Certificates: [{ UserName: 'eve', CertificateId: 'C1', CertificateBody: '-', Status: 'Active' }],
    })
    .on(ListServiceSpecificCredentialsCommand)
    .resolves({
      ServiceSpecificCredentials: [
        {
          UserName: 'eve',
          ServiceSpecificCredentialId: 'ACCA1',
          Status: 'Active',
          ServiceUserName: 'eve-at',
          ServiceName: 'codecommit.amazonaws.com',
          CreateDate: since,
        },
      ],
    })
    .on(ListGroupsForUserCommand)
    .resolves({
      Groups: [{ GroupName: 'readers', Path: '/', GroupId: 'G', Arn: 'arn', CreateDate: since }],
    })
})

const remove = async (): Promise<unknown> =>
  await findTable('iam_user')?.mapper?.delete({ UserName: 'eve' }, {}, api)
const inputs = () => iam.calls().map(({ args }) => [args[0].constructor.name, args[0].input])

test('a user that IAM does not let go is freed of its own, and deleted then', async () => {
  iam.on(DeleteUserCommand).rejectsOnce(conflict('must deactivate MFA first')).resolves({})
  iam.on(DeleteSSHPublicKeyCommand).rejects(noSuch)

  await remove()

  const made = inputs()
  expect(made).toEqual(
    expect.arrayContaining([
      [DeactivateMFADeviceCommand.name, { UserName: 'eve', SerialNumber: virtual }],
      [DeleteVirtualMFADeviceCommand.name, { SerialNumber: virtual }],
      [DeactivateMFADeviceCommand.name, { UserName: 'eve', SerialNumber: 'GAHT12345678' }],
      [DeleteSSHPublicKeyCommand.name, { UserName: 'eve', SSHPublicKeyId: 'APKA1' }],
      [DeleteSigningCertificateCommand.name, { UserName: 'eve', CertificateId: 'C1' }],
      [
        DeleteServiceSpecificCredentialCommand.name,
        { UserName: 'eve', ServiceSpecificCredentialId: 'ACCA1' },
      ],
      [RemoveUserFromGroupCommand.name, { UserName: 'eve', GroupName: 'readers' }],
    ]),
  )
  expect(iam.commandCalls(DeleteVirtualMFADeviceCommand)).toHaveLength(1)
  expect(made.at(-1)?.[0]).toBe(DeleteUserCommand.name)
})

test('a user that has nothing costs no look at all', async () => {
  iam.on(DeleteUserCommand).resolves({})

  await remove()

  expect(inputs()).toEqual([[DeleteUserCommand.name, { UserName: 'eve' }]])
})

test('a password goes with its user', async () => {
  iam.on(DeleteUserCommand).rejectsOnce(conflict('must delete login profile first')).resolves({})
  iam.on(DeleteLoginProfileCommand).resolves({})

  await remove()

  expect(iam.commandCalls(DeleteLoginProfileCommand)).toHaveLength(1)
})

test('a user that has what has rows of its own keeps everything, and is told by name what that is', async () => {
  iam.on(DeleteUserCommand).rejects(conflict('must delete access keys first'))
  iam
    .on(ListAccessKeysCommand)
    .resolves({ AccessKeyMetadata: [{ UserName: 'eve', AccessKeyId: 'AKIA1', Status: 'Active' }] })
    .on(ListUserPoliciesCommand)
    .resolves({ PolicyNames: ['reads'] })
    .on(ListAttachedUserPoliciesCommand)
    .resolves({ AttachedPolicies: [{ PolicyName: 'Writes', PolicyArn: 'arn' }] })

  await expect(remove()).rejects.toThrow(
    'user eve still has access key AKIA1, inline policy reads, attached policy Writes',
  )

  const writes = inputs().filter(([name]) => !String(name).startsWith('List'))
  expect(writes).toEqual([[DeleteUserCommand.name, { UserName: 'eve' }]])
})

test('what nobody here knows of stays in the way, and is what the delete fails with', async () => {
  iam.on(DeleteUserCommand).rejects(conflict('must delete something new first'))

  await expect(remove()).rejects.toThrow('must delete something new first')
})
