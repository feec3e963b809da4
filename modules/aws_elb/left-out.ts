/** Arguments of Elastic Load Balancing that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['CreateTargetGroup'],
    arguments: ['TargetControlPort'],
    because: 'Groups whose targets say how much they take, by an agent of their own, are not made here.',
  },
  {
    of: ['CreateLoadBalancer'],
    arguments: ['IpamPools'],
    because: 'A pool of IPAM chooses the addresses; those of a network load balancer go with its subnets.',
  },
  {
    of: ['CreateLoadBalancer', 'SetSubnets'],
    arguments: ['EnablePrefixForIpv6SourceNat', 'SubnetMappings.SourceNatIpv6Prefix'],
    because: 'UDP over IPv6 of network load balancers stays as it is.',
  },
  {
    of: ['SetSubnets'],
    arguments: ['IpAddressType'],
    because: 'SetIpAddressType says it.',
  },
  {
    of: ['SetSecurityGroups'],
    arguments: ['EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic'],
    because: 'Groups hold for PrivateLink too, as AWS has it unless told otherwise.',
  },
  {
    of: ['CreateListener', 'ModifyListener'],
    arguments: ['MutualAuthentication'],
    because: 'Whether clients show certificates of their own stays as it is.',
  },
  {
    of: ['ModifyListenerAttributes'],
    because: 'Headers that a listener adds, and idle timeouts of TCP, stay as they are.',
  },
  {
    of: ['CreateListener', 'ModifyListener'],
    arguments: [
      'DefaultActions.AuthenticateOidcConfig',
      'DefaultActions.AuthenticateCognitoConfig',
      'DefaultActions.JwtValidationConfig',
      'DefaultActions.Order',
    ],
    because:
      'Actions that ask who is there are not made here; they survive a change of what comes after them.',
  },
  {
    of: ['CreateRule', 'ModifyRule'],
    arguments: [
      'Actions.AuthenticateOidcConfig',
      'Actions.AuthenticateCognitoConfig',
      'Actions.JwtValidationConfig',
      'Actions.Order',
    ],
    because:
      'Actions that ask who is there are not made here; they survive a change of what comes after them.',
  },
  {
    of: ['CreateListener', 'ModifyListener', 'AddListenerCertificates', 'RemoveListenerCertificates'],
    arguments: ['Certificates.IsDefault'],
    because: 'AWS says it of certificates, and refuses it in a call.',
  },
  {
    of: ['CreateRule', 'ModifyRule'],
    arguments: ['Conditions.Values', 'Conditions.RegexValues'],
    because: 'They are the older way to say what the configuration of each kind of condition says.',
  },
  {
    of: ['CreateRule', 'ModifyRule'],
    arguments: ['Conditions.HttpHeaderConfig.RegexValues'],
    because: 'Headers match by * and ?; one that AWS matches by a regular expression shows without values.',
  },
  {
    of: ['CreateRule', 'ModifyRule'],
    arguments: ['Conditions.SourceIpConfig.IpAddressType'],
    because: 'A network says by itself whether it is of IPv4 or IPv6.',
  },
  {
    of: ['CreateRule', 'ModifyRule'],
    arguments: ['Transforms'],
    because: 'Rewrites of hosts and paths stay as they are.',
  },
  {
    of: ['ModifyRule'],
    arguments: ['ResetTransforms'],
    because: 'Rewrites of hosts and paths stay as they are.',
  },
]
