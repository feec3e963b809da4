/** Arguments of EC2 that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

const ruleCalls = [
  'AuthorizeSecurityGroupIngress',
  'AuthorizeSecurityGroupEgress',
  'RevokeSecurityGroupIngress',
  'RevokeSecurityGroupEgress',
]

const additions = ['AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress']

export const leftOut: readonly LeftOut[] = [
  {
    of: ruleCalls,
    arguments: [
      ...['CidrIp', 'FromPort', 'ToPort', 'IpProtocol'],
      ...['SourceSecurityGroupName', 'SourceSecurityGroupOwnerId'],
    ],
    because: 'They say the same of one rule that IpPermissions and ids of rules say of many.',
  },
  {
    of: ['AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress', 'DeleteSecurityGroup'],
    arguments: ['GroupName'],
    because: 'Groups go by their ids; names are for the default VPC alone.',
  },
  {
    of: ['RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress'],
    arguments: ['IpPermissions'],
    because: 'Rules are taken away by their ids.',
  },
  {
    of: additions,
    arguments: [
      'IpPermissions.UserIdGroupPairs.GroupName',
      'IpPermissions.UserIdGroupPairs.VpcId',
      'IpPermissions.UserIdGroupPairs.VpcPeeringConnectionId',
      'IpPermissions.UserIdGroupPairs.PeeringStatus',
    ],
    because: 'The id of the other group says which it is; AWS fills these in.',
  },
  {
    of: ['DeleteTags'],
    arguments: ['Tags.Value'],
    because: 'A tag is taken away whatever it says.',
  },
]
