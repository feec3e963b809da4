/**
 * Log groups. The key is used by CloudWatch Logs itself, whom the key's own policy lets in.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 */
import { inAccount, type ServiceActions, same } from './action-group.ts'

export const logsActions: ServiceActions = {
  service: 'CloudWatch Logs',
  groups: [
    {
      on: inAccount('logs', 'log-group:*'),
      actions: {
        ...same(
          'logs',
          'AssociateKmsKey',
          'DeleteLogGroup',
          'DeleteRetentionPolicy',
          'DescribeLogGroups',
          'DisassociateKmsKey',
          'ListTagsForResource',
          'PutLogGroupDeletionProtection',
          'PutRetentionPolicy',
          'TagResource',
          'UntagResource',
        ),
        CreateLogGroup: [
          'logs:CreateLogGroup',
          'logs:AssociateKmsKey',
          'logs:PutLogGroupDeletionProtection',
          'logs:TagResource',
        ],
      },
    },
  ],
}
