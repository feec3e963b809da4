/** Arguments of EC2 that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['CreateVpc', 'AssociateVpcCidrBlock'],
    arguments: ['Ipv4IpamPoolId', 'Ipv4NetmaskLength', 'Ipv6IpamPoolId', 'Ipv6NetmaskLength'],
    because: 'A pool of IPAM chooses the network, which the row would not name.',
  },
  {
    of: ['CreateSubnet'],
    arguments: ['Ipv4IpamPoolId', 'Ipv4NetmaskLength', 'Ipv6IpamPoolId', 'Ipv6NetmaskLength'],
    because: 'A pool of IPAM chooses the network, which the row would not name.',
  },
  {
    of: ['AssociateSubnetCidrBlock'],
    arguments: ['Ipv6IpamPoolId', 'Ipv6NetmaskLength'],
    because: 'A pool of IPAM chooses the network, which the row would not name.',
  },
  {
    of: ['AllocateAddress'],
    arguments: ['IpamPoolId'],
    because: 'A pool of IPAM chooses the address; public_ipv4_pool is for pools that are not of IPAM.',
  },
  {
    of: ['CreateVpc', 'AssociateVpcCidrBlock'],
    arguments: ['Ipv6Pool', 'Ipv6CidrBlock', 'Ipv6CidrBlockNetworkBorderGroup'],
    because: 'IPv6 networks that you brought to AWS, and those of Local Zones, stay as they are.',
  },
  {
    of: ['AssociateVpcCidrBlock'],
    arguments: ['CidrBlock'],
    because: 'Further IPv4 networks of a VPC stay as they are.',
  },
  {
    of: ['CreateVpc'],
    arguments: ['VpcEncryptionControl'],
    because: 'Encryption controls are a resource of their own, which stays as it is.',
  },
  {
    of: ['CreateSubnet'],
    arguments: ['AvailabilityZoneId'],
    because: 'The zone goes by its name in availability_zone.',
  },
  {
    of: ['CreateSubnet'],
    arguments: ['OutpostArn'],
    because: 'Subnets are not made on Outposts here; those that stand there are imported.',
  },
  {
    of: ['ModifySubnetAttribute'],
    arguments: [
      'MapCustomerOwnedIpOnLaunch',
      'CustomerOwnedIpv4Pool',
      'EnableLniAtDeviceIndex',
      'DisableLniAtDeviceIndex',
    ],
    because: 'What only subnets on Outposts have stays as it is.',
  },
  {
    of: ['AllocateAddress'],
    arguments: ['Address'],
    because: 'AWS chooses the address; one that was released is taken back by the console, and adopted.',
  },
  {
    of: ['ReleaseAddress'],
    arguments: ['PublicIp'],
    because: 'It is for addresses of EC2-Classic, which is no more.',
  },
  {
    of: ['CreateNatGateway'],
    arguments: ['AvailabilityMode', 'VpcId', 'AvailabilityZoneAddresses'],
    because: 'Gateways of a whole VPC have no subnet; a row is a gateway of one zone.',
  },
  {
    of: ['CreateNatGateway'],
    arguments: ['SecondaryAllocationIds', 'SecondaryPrivateIpAddresses', 'SecondaryPrivateIpAddressCount'],
    because: 'Further addresses of a gateway stay as they are.',
  },
  {
    of: ['CreateNatGateway'],
    arguments: ['PrivateIpAddress'],
    because: 'AWS chooses the address within the subnet, which private_ip shows.',
  },
  {
    of: ['CreateRouteTable'],
    arguments: ['ClientToken'],
    because: 'A tag of ours finds the table that a create without an answer has made.',
  },
  {
    of: ['CreateRoute', 'ReplaceRoute'],
    arguments: ['OdbNetworkArn'],
    because: 'Routes into networks of Oracle Database@AWS are made along with those.',
  },
  {
    of: ['AssociateRouteTable'],
    arguments: ['PublicIpv4Pool'],
    because: 'It is for routing of a pool that you brought to AWS, and not for a subnet or gateway.',
  },
  {
    of: ['DeleteTags'],
    arguments: ['Tags.Value'],
    because: 'A tag is taken away whatever it says.',
  },
]
