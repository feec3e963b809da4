/** What a load balancer has, and which of its columns are attributes. */
import {
  arn,
  boolean,
  choice,
  chosenListOf,
  integer,
  listOf,
  reference,
  seconds,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'
import { anew, attribute } from './column-options.ts'
import { loadBalancerSecurityGroup, loadBalancerSubnet } from './load-balancer-lines.ts'

export const attributeColumns = {
  enable_deletion_protection: boolean('Whether AWS refuses to delete it.', { ...attribute, default: false }),
  enable_cross_zone_load_balancing: boolean(
    'Network and gateway: each zone sends to the targets of all; an application load balancer always does.',
    attribute,
  ),
  enable_http2: boolean('Application: takes HTTP/2.', { ...attribute, default: true }),
  enable_waf_fail_open: boolean('Application: lets requests through that WAF cannot be asked about.', {
    ...attribute,
    default: false,
  }),
  enable_zonal_shift: boolean('Zones may be taken out of service by a zonal shift.', {
    ...attribute,
    default: false,
  }),
  drop_invalid_header_fields: boolean('Application: leaves invalid headers out.', {
    ...attribute,
    default: false,
  }),
  preserve_host_header: boolean('Application: the Host header goes on as it came.', {
    ...attribute,
    default: false,
  }),
  enable_xff_client_port: boolean("Application: X-Forwarded-For tells the client's port.", {
    ...attribute,
    default: false,
  }),
  enable_tls_version_and_cipher_suite_headers: boolean(
    'Application: headers tell of the TLS version and cipher that were agreed on.',
    { ...attribute, default: false },
  ),
  xff_header_processing_mode: choice(
    ['append', 'preserve', 'remove'],
    'Application: what becomes of X-Forwarded-For.',
    { ...attribute, default: 'append' },
  ),
  desync_mitigation_mode: choice(
    ['monitor', 'defensive', 'strictest'],
    'Application: how requests are treated that targets may understand in another way.',
    { ...attribute, default: 'defensive' },
  ),
  idle_timeout: seconds('Application: after which a silent connection is closed.', {
    ...attribute,
    default: 60,
    min: 1,
    max: 4_000,
  }),
  client_keep_alive: seconds('Application: for which a client may keep a connection.', {
    ...attribute,
    default: 3_600,
    min: 60,
    max: 604_800,
  }),
  dns_record_client_routing_policy: choice(
    ['any_availability_zone', 'availability_zone_affinity', 'partial_availability_zone_affinity'],
    'Network: zones whose addresses clients are told.',
    { ...attribute, default: 'any_availability_zone' },
  ),
  access_logs_enabled: boolean('Logs requests into a bucket.', { ...attribute, default: false }),
  access_logs_bucket: text('Bucket for the logs of requests.', attribute),
  access_logs_prefix: text('Begins the names of those logs.', attribute),
  connection_logs_enabled: boolean('Application: logs connections into a bucket.', {
    ...attribute,
    default: false,
  }),
  connection_logs_bucket: text('Bucket for the logs of connections.', attribute),
  connection_logs_prefix: text('Begins the names of those logs.', attribute),
  health_check_logs_enabled: boolean('Application: logs checks of targets into a bucket.', {
    ...attribute,
    default: false,
  }),
  health_check_logs_bucket: text('Bucket for the logs of checks.', attribute),
  health_check_logs_prefix: text('Begins the names of those logs.', attribute),
  deny_all_igw_traffic: boolean(
    'IPv6: nobody reaches it through an internet gateway; null lets AWS choose, by the scheme.',
    attribute,
  ),
  secondary_ips_per_subnet: integer('Network: further addresses that it has in each subnet; never fewer.', {
    ...attribute,
    default: 0,
    min: 0,
    max: 7,
  }),
}

export const attributeNames = {
  enable_deletion_protection: 'deletion_protection.enabled',
  enable_cross_zone_load_balancing: 'load_balancing.cross_zone.enabled',
  enable_http2: 'routing.http2.enabled',
  enable_waf_fail_open: 'waf.fail_open.enabled',
  enable_zonal_shift: 'zonal_shift.config.enabled',
  drop_invalid_header_fields: 'routing.http.drop_invalid_header_fields.enabled',
  preserve_host_header: 'routing.http.preserve_host_header.enabled',
  enable_xff_client_port: 'routing.http.xff_client_port.enabled',
  enable_tls_version_and_cipher_suite_headers: 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled',
  xff_header_processing_mode: 'routing.http.xff_header_processing.mode',
  desync_mitigation_mode: 'routing.http.desync_mitigation_mode',
  idle_timeout: 'idle_timeout.timeout_seconds',
  client_keep_alive: 'client_keep_alive.seconds',
  dns_record_client_routing_policy: 'dns_record.client_routing_policy',
  access_logs_enabled: 'access_logs.s3.enabled',
  access_logs_bucket: 'access_logs.s3.bucket',
  access_logs_prefix: 'access_logs.s3.prefix',
  connection_logs_enabled: 'connection_logs.s3.enabled',
  connection_logs_bucket: 'connection_logs.s3.bucket',
  connection_logs_prefix: 'connection_logs.s3.prefix',
  health_check_logs_enabled: 'health_check_logs.s3.enabled',
  health_check_logs_bucket: 'health_check_logs.s3.bucket',
  health_check_logs_prefix: 'health_check_logs.s3.prefix',
  deny_all_igw_traffic: 'ipv6.deny_all_igw_traffic',
  secondary_ips_per_subnet: 'secondary_ips.auto_assigned.per_subnet',
} as const satisfies Record<keyof typeof attributeColumns, string>

export const columns = {
  load_balancer_name: text('Name, up to 32 letters, digits and hyphens.', {
    required: true,
    replaces: 'after',
    check: `{} ~ '^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$' AND {} NOT LIKE 'internal-%'`,
  }),
  load_balancer_type: choice(['application', 'network', 'gateway'], 'What it balances.', {
    ...anew,
    default: 'application',
  }),
  scheme: choice(
    ['internet-facing', 'internal'],
    'Who reaches it; a gateway load balancer has none, and says internet-facing here.',
    { ...anew, default: 'internet-facing' },
  ),
  ip_address_type: choice(['ipv4', 'dualstack', 'dualstack-without-public-ipv4'], 'Addresses it has.', {
    default: 'ipv4',
    ownCall: ['update'],
    interrupts: true,
  }),
  subnets: listOf(loadBalancerSubnet, { ownCall: ['update'], interrupts: true }),
  security_groups: chosenListOf(loadBalancerSecurityGroup, { ownCall: ['update'], interrupts: true }),
  customer_owned_ipv4_pool: text('Pool of addresses of your own on an Outpost (ipv4pool-coip-…).', anew),
  ...attributeColumns,
  load_balancer_arn: arn('ARN, made by AWS.', { output: true }),
  dns_name: text('Name by which clients reach it.', { output: true }),
  canonical_hosted_zone_id: text('Hosted zone for alias records to it.', { output: true }),
  created_time: timestamp('When it was made.', { output: true }),
  state: text('provisioning, active, active_impaired or failed.', { output: true }),
  // Subnets can be swapped for others of the same VPC only.
  vpc: reference('aws_vpc.vpc', 'VPC of its subnets.', {
    ...anew,
    output: true,
    follows: { column: 'subnets', of: 'vpc_id' },
  }),
  zone_count: integer('Availability zones that it stands in.', { output: true }),
  tags: tags(),
}
