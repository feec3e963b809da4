/** Whether an IPv6 network still belongs to a VPC or subnet: EC2 lists lost ones for a while. */
import type { SubnetIpv6CidrBlockAssociation, VpcIpv6CidrBlockAssociation } from '@aws-sdk/client-ec2'

const lost: ReadonlySet<string | undefined> = new Set([
  'disassociating',
  'disassociated',
  'failing',
  'failed',
])

export const isHeld = (association: SubnetIpv6CidrBlockAssociation | VpcIpv6CidrBlockAssociation): boolean =>
  !lost.has(association.Ipv6CidrBlockState?.State)
