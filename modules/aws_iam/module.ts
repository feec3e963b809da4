/** Who may do what in an account. */
import { defineModule } from '../kit/index.ts'
import { accessKeyExamples } from './access-key.examples.ts'
import { accessKey } from './access-key.ts'
import { accessKeyRequest } from './access-key-request.ts'
import { iamPolicyExamples } from './iam-policy.examples.ts'
import { iamPolicy } from './iam-policy.ts'
import { iamRoleExamples, limitedRoleExamples } from './iam-role.examples.ts'
import { iamRole } from './iam-role.ts'
import { iamUserExamples, limitedUserExamples, movedUserExamples } from './iam-user.examples.ts'
import { iamUser } from './iam-user.ts'
import { instanceProfileExamples } from './instance-profile.examples.ts'
import { instanceProfile } from './instance-profile.ts'
import { leftOut } from './left-out.ts'
import { rolePolicyExamples } from './role-policy.examples.ts'
import { rolePolicy } from './role-policy.ts'
import { awsPolicyOfRoleExamples, rolePolicyAttachmentExamples } from './role-policy-attachment.examples.ts'
import { rolePolicyAttachment } from './role-policy-attachment.ts'
import { setUserPassword } from './set-user-password.ts'
import { userPolicyExamples } from './user-policy.examples.ts'
import { userPolicy } from './user-policy.ts'
import { awsPolicyOfUserExamples, userPolicyAttachmentExamples } from './user-policy-attachment.examples.ts'
import { userPolicyAttachment } from './user-policy-attachment.ts'

export const awsIam = defineModule({
  name: 'aws_iam',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [
    ...[iamPolicy, iamRole, rolePolicy, rolePolicyAttachment, instanceProfile],
    ...[iamUser, userPolicy, userPolicyAttachment, accessKey],
  ],
  rpc: [accessKeyRequest, setUserPassword],
  examples: [
    ...[iamPolicyExamples, iamRoleExamples, limitedRoleExamples, rolePolicyExamples],
    ...[rolePolicyAttachmentExamples, awsPolicyOfRoleExamples, instanceProfileExamples],
    ...[iamUserExamples, movedUserExamples, limitedUserExamples, userPolicyExamples],
    ...[userPolicyAttachmentExamples, awsPolicyOfUserExamples, accessKeyExamples],
  ],
  leftOut,
})
