/** Who changed what. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html */
import { anything, type ServiceActions, same } from './action-group.ts'

export const cloudTrailActions: ServiceActions = {
  service: 'CloudTrail',
  groups: [{ on: anything, actions: same('cloudtrail', 'LookupEvents') }],
}
