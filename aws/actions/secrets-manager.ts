/**
 * Secrets; their values are written and never read.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
import { anything, inAccount, type ServiceActions, same, usingKeys } from './action-group.ts'

export const secretsManagerActions: ServiceActions = {
  service: 'Secrets Manager',
  groups: [
    { on: anything, actions: same('secretsmanager', 'ListSecrets') },
    {
      on: inAccount('secretsmanager', 'secret:*'),
      actions: {
        ...same(
          'secretsmanager',
          'CancelRotateSecret',
          'DeleteResourcePolicy',
          'DeleteSecret',
          'DescribeSecret',
          'GetResourcePolicy',
          'PutResourcePolicy',
          'RemoveRegionsFromReplication',
          'ReplicateSecretToRegions',
          'RestoreSecret',
          'RotateSecret',
          'TagResource',
          'UntagResource',
          'UpdateSecret',
        ),
        CreateSecret: [
          'secretsmanager:CreateSecret',
          'secretsmanager:ReplicateSecretToRegions',
          'secretsmanager:TagResource',
        ],
      },
    },
    { on: inAccount('lambda', 'function:*'), actions: { RotateSecret: ['lambda:InvokeFunction'] } },
    usingKeys('secretsmanager', ['kms:Decrypt', 'kms:GenerateDataKey'], 'CreateSecret', 'UpdateSecret'),
  ],
}
