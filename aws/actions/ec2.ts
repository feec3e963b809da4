/**
 * Networks. Descriptions know no resource; tags of a create need the right to tag.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { anything, inAccount, type ServiceActions, same, sameWith } from './action-group.ts'

const tagged = ['ec2:CreateTags']

export const ec2Actions: ServiceActions = {
  service: 'EC2',
  plainReads: 'ec2',
  groups: [
    {
      on: anything,
      actions: same(
        'ec2',
        'DescribeAddresses',
        'DescribeAvailabilityZones',
        'DescribeInternetGateways',
        'DescribeNatGateways',
        'DescribeRegions',
        'DescribeRouteTables',
        'DescribeSecurityGroupRules',
        'DescribeSecurityGroups',
        'DescribeSubnets',
        'DescribeVpcAttribute',
        'DescribeVpcs',
      ),
    },
    {
      on: inAccount('ec2', '*/*'),
      actions: {
        ...sameWith(
          'ec2',
          tagged,
          'AllocateAddress',
          'AuthorizeSecurityGroupEgress',
          'AuthorizeSecurityGroupIngress',
          'CreateInternetGateway',
          'CreateNatGateway',
          'CreateRouteTable',
          'CreateSecurityGroup',
          'CreateSubnet',
          'CreateVpc',
        ),
        ...same(
          'ec2',
          'AssociateRouteTable',
          'AssociateSubnetCidrBlock',
          'AssociateVpcCidrBlock',
          'AttachInternetGateway',
          'CreateRoute',
          'CreateTags',
          'DeleteInternetGateway',
          'DeleteNatGateway',
          'DeleteRoute',
          'DeleteRouteTable',
          'DeleteSecurityGroup',
          'DeleteSubnet',
          'DeleteTags',
          'DeleteVpc',
          'DetachInternetGateway',
          'DisassociateRouteTable',
          'DisassociateSubnetCidrBlock',
          'DisassociateVpcCidrBlock',
          'ModifySecurityGroupRules',
          'ModifySubnetAttribute',
          'ModifyVpcAttribute',
          'ReleaseAddress',
          'ReplaceRoute',
          'ReplaceRouteTableAssociation',
          'RevokeSecurityGroupEgress',
          'RevokeSecurityGroupIngress',
        ),
      },
    },
  ],
}
