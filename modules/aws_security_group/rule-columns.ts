/** Columns of a rule, which the table and its calls go by. */
import { boolean, cidr, integer, type RowOf, reference, tags, text } from '../kit/index.ts'

/** As AWS writes it, for a rule is known by its network. */
const network = '({} IS NULL OR {} = ({}::cidr)::text)'

const source = { replaces: 'after', clearable: true } as const

export const columns = {
  security_group_rule_id: text('Id of the rule, made by AWS.', { output: true }),
  security_group_id: reference('aws_security_group.security_group', 'Group it is part of.', {
    required: true,
    replaces: 'after',
  }),
  is_egress: boolean('Whether it is about what goes out; else about what comes in.', {
    required: true,
    replaces: 'after',
  }),
  ip_protocol: text('tcp, udp, icmp, icmpv6, the number of another protocol, or -1 for all.', {
    default: '-1',
    check: `{} ~ '^(tcp|udp|icmp|icmpv6|-1|[0-9]{1,3})$' AND {} NOT IN ('1', '6', '17', '58')`,
    interrupts: true,
  }),
  from_port: integer('First port; of icmp the type, -1 for all. Null for protocols without ports.', {
    min: -1,
    max: 65_535,
    clearable: true,
    interrupts: true,
  }),
  to_port: integer('Last port; of icmp the code, -1 for all.', {
    min: -1,
    max: 65_535,
    clearable: true,
    interrupts: true,
  }),
  cidr_ipv4: cidr('An IPv4 network, such as 10.0.0.0/8.', { ...source, check: network }),
  cidr_ipv6: cidr('An IPv6 network, such as 2001:db8::/32.', { ...source, check: network }),
  prefix_list_id: text('A prefix list (pl-…).', source),
  source_security_group: reference(
    'aws_security_group.security_group',
    'A group, its own or another.',
    source,
  ),
  peer_security_group: text("A group of another account's peered VPC, as account/sg-….", {
    ...source,
    check: `{} ~ '^[0-9]{12}/sg-'`,
  }),
  description: text('What the rule is for.', { clearable: true, check: 'length({}) BETWEEN 1 AND 255' }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>

export const sources = [
  'cidr_ipv4',
  'cidr_ipv6',
  'prefix_list_id',
  'source_security_group',
  'peer_security_group',
] as const
