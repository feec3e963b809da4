/** What is a user's own and no row says anything of: IAM deletes no user that still has some of it. */
import {
  DeactivateMFADeviceCommand,
  DeleteLoginProfileCommand,
  DeleteServiceSpecificCredentialCommand,
  DeleteSigningCertificateCommand,
  DeleteSSHPublicKeyCommand,
  DeleteVirtualMFADeviceCommand,
  ListGroupsForUserCommand,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam'
import { type CloudApi, unlessAbsent } from '../kit/index.ts'

export const belongingOperations = [
  'DeleteLoginProfile',
  'ListMFADevices',
  'DeactivateMFADevice',
  'DeleteVirtualMFADevice',
  'ListSSHPublicKeys',
  'DeleteSSHPublicKey',
  'ListSigningCertificates',
  'DeleteSigningCertificate',
  'ListServiceSpecificCredentials',
  'DeleteServiceSpecificCredential',
  'ListGroupsForUser',
  'RemoveUserFromGroup',
] as const

/** Whoever ends some of it at the same moment is no reason to stop. */
export async function takeBelongings(UserName: string | undefined, iam: CloudApi): Promise<void> {
  const of = { UserName }
  await unlessAbsent(iam.send(DeleteLoginProfileCommand, of))
  for await (const { SerialNumber } of iam.pages(ListMFADevicesCommand, of, (page) => page.MFADevices)) {
    await unlessAbsent(iam.send(DeactivateMFADeviceCommand, { UserName, SerialNumber }))
    if (SerialNumber?.includes(':mfa/'))
      await unlessAbsent(iam.send(DeleteVirtualMFADeviceCommand, { SerialNumber }))
  }
  for await (const { SSHPublicKeyId } of iam.pages(
    ListSSHPublicKeysCommand,
    of,
    (page) => page.SSHPublicKeys,
  ))
    await unlessAbsent(iam.send(DeleteSSHPublicKeyCommand, { UserName, SSHPublicKeyId }))
  for await (const { CertificateId } of iam.pages(
    ListSigningCertificatesCommand,
    of,
    (page) => page.Certificates,
  ))
    await unlessAbsent(iam.send(DeleteSigningCertificateCommand, { UserName, CertificateId }))
  const { ServiceSpecificCredentials = [] } = await iam.send(ListServiceSpecificCredentialsCommand, of)
  for (const { ServiceSpecificCredentialId } of ServiceSpecificCredentials)
    await unlessAbsent(
      iam.send(DeleteServiceSpecificCredentialCommand, { UserName, ServiceSpecificCredentialId }),
    )
  for await (const { GroupName } of iam.pages(ListGroupsForUserCommand, of, (page) => page.Groups))
    await unlessAbsent(iam.send(RemoveUserFromGroupCommand, { UserName, GroupName }))
}
