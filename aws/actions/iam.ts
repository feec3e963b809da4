/**
 * Principals and policies: what is changed lies where the account's owner lets us, and under the boundary, so that nothing
 * is made or taken over that may do more than we.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
import { anything, type Condition, passingRole, type ServiceActions, same, sameWith } from './action-group.ts'

const arns = (...kinds: readonly string[]) =>
  kinds.map((kind) => `arn:\${Partition}:iam::\${Account}:${kind}`)

const bounded: Condition = { StringEquals: { 'iam:PermissionsBoundary': '${Boundary}' } }

/** What makes a principal stronger, or may: granted, and not refused, only where it is bounded. */
export const boundedOperations = [
  'AttachRolePolicy',
  'AttachUserPolicy',
  'CreateRole',
  'CreateUser',
  'DeleteRolePolicy',
  'DeleteUserPolicy',
  'DetachRolePolicy',
  'DetachUserPolicy',
  'PutRolePermissionsBoundary',
  'PutRolePolicy',
  'PutUserPermissionsBoundary',
  'PutUserPolicy',
] as const

/** What would lift the boundary: granted to nobody. */
export const unboundingOperations = [
  'DeleteRolePermissionsBoundary',
  'DeleteUserPermissionsBoundary',
] as const

export const iamActions: ServiceActions = {
  service: 'IAM',
  plainReads: 'iam',
  groups: [
    {
      on: anything,
      actions: same(
        'iam',
        'GetAccountAuthorizationDetails',
        'ListInstanceProfiles',
        'ListPolicies',
        'ListRoles',
      ),
    },
    {
      on: arns('instance-profile/*', 'policy/*', 'role/*', 'user/*'),
      actions: same(
        'iam',
        'GetInstanceProfile',
        'GetPolicy',
        'GetPolicyVersion',
        'GetRole',
        'GetRolePolicy',
        'GetUser',
        'GetUserPolicy',
        'ListAccessKeys',
        'ListAttachedRolePolicies',
        'ListAttachedUserPolicies',
        'ListGroupsForUser',
        'ListMFADevices',
        'ListPolicyVersions',
        'ListSSHPublicKeys',
        'ListServiceSpecificCredentials',
        'ListSigningCertificates',
        'ListUserPolicies',
      ),
    },
    {
      on: arns('role/${Managed}', 'user/${Managed}'),
      when: bounded,
      actions: same('iam', ...boundedOperations),
    },
    {
      on: arns('instance-profile/${Managed}', 'policy/${Managed}', 'role/${Managed}', 'user/${Managed}'),
      actions: {
        ...sameWith('iam', ['iam:TagInstanceProfile'], 'CreateInstanceProfile'),
        ...sameWith('iam', ['iam:TagPolicy'], 'CreatePolicy'),
        CreateRole: ['iam:TagRole'],
        CreateUser: ['iam:TagUser'],
        ...same(
          'iam',
          'AddRoleToInstanceProfile',
          'CreateAccessKey',
          'CreateLoginProfile',
          'CreatePolicyVersion',
          'DeactivateMFADevice',
          'DeleteAccessKey',
          'DeleteInstanceProfile',
          'DeleteLoginProfile',
          'DeletePolicy',
          'DeletePolicyVersion',
          'DeleteRole',
          'DeleteSSHPublicKey',
          'DeleteServiceSpecificCredential',
          'DeleteSigningCertificate',
          'DeleteUser',
          'RemoveRoleFromInstanceProfile',
          'TagInstanceProfile',
          'TagPolicy',
          'TagRole',
          'TagUser',
          'UntagInstanceProfile',
          'UntagPolicy',
          'UntagRole',
          'UntagUser',
          'UpdateAccessKey',
          'UpdateAssumeRolePolicy',
          'UpdateLoginProfile',
          'UpdateRole',
          'UpdateUser',
        ),
      },
    },
    { on: arns('group/${Managed}'), actions: same('iam', 'RemoveUserFromGroup') },
    // The name of a device has no path, and only one that is nobody's can be deleted.
    { on: arns('mfa/*'), actions: same('iam', 'DeleteVirtualMFADevice') },
    passingRole(['ec2.amazonaws.com'], 'AddRoleToInstanceProfile'),
  ],
  withheld: same('iam', ...unboundingOperations),
}
