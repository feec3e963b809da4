/** What a target group has, and which of its columns are attributes. */
import { arn, boolean, choice, integer, reference, seconds, tags, text } from '../kit/index.ts'
import { anew, attribute } from './column-options.ts'

const protocols = ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'GENEVE'] as const

const offOrNumber = "{} ~ '^(off|[1-9][0-9]*)$'"

export const attributeColumns = {
  deregistration_delay: seconds('For which a target that leaves may finish.', {
    ...attribute,
    default: 300,
    max: 3_600,
  }),
  slow_start: seconds('For which a new target gets ever more requests.', {
    ...attribute,
    default: 0,
    max: 900,
  }),
  load_balancing_algorithm_type: choice(
    ['round_robin', 'least_outstanding_requests', 'weighted_random'],
    'Which target gets the next request.',
    { ...attribute, default: 'round_robin' },
  ),
  load_balancing_anomaly_mitigation: choice(
    ['on', 'off'],
    'weighted_random: sends less to targets that behave oddly.',
    { ...attribute, default: 'off' },
  ),
  load_balancing_cross_zone_enabled: choice(
    ['true', 'false', 'use_load_balancer_configuration'],
    'Whether targets of all zones are sent to.',
    { ...attribute, default: 'use_load_balancer_configuration' },
  ),
  stickiness_enabled: boolean('A client keeps its target.', { ...attribute, default: false }),
  stickiness_type: choice(
    ['lb_cookie', 'app_cookie', 'source_ip', 'source_ip_dest_ip', 'source_ip_dest_ip_proto'],
    'What a client is known again by; null lets AWS choose.',
    attribute,
  ),
  stickiness_lb_cookie_duration: seconds('lb_cookie: for which.', {
    ...attribute,
    default: 86_400,
    min: 1,
    max: 604_800,
  }),
  stickiness_app_cookie_name: text('app_cookie: name of the cookie of the application.', attribute),
  stickiness_app_cookie_duration: seconds('app_cookie: for which.', {
    ...attribute,
    default: 86_400,
    min: 1,
    max: 604_800,
  }),
  lambda_multi_value_headers_enabled: boolean('Lambda: headers and parameters are lists of values.', {
    ...attribute,
    default: false,
  }),
  proxy_protocol_v2_enabled: boolean('Network: the client is told by proxy protocol version 2.', {
    ...attribute,
    default: false,
  }),
  preserve_client_ip_enabled: choice(
    ['true', 'false'],
    "Network: targets see the client's address; null lets AWS choose.",
    attribute,
  ),
  deregistration_delay_connection_termination_enabled: boolean(
    'Network: connections are closed once the delay is over.',
    { ...attribute, default: false },
  ),
  unhealthy_connection_termination_enabled: boolean('Network: connections to unhealthy targets are closed.', {
    ...attribute,
    default: true,
  }),
  unhealthy_draining_interval: seconds(
    'Network: for which a target is left its connections once it is unhealthy, where they are not closed.',
    { ...attribute, default: 0, max: 360_000 },
  ),
  dns_failover_minimum_healthy_targets_count: text(
    'Healthy targets below which clients are led to other zones; off, or a number.',
    { ...attribute, default: '1', check: offOrNumber },
  ),
  dns_failover_minimum_healthy_targets_percentage: text('The same, as a share of all; off, or a number.', {
    ...attribute,
    default: 'off',
    check: offOrNumber,
  }),
  unhealthy_state_routing_minimum_healthy_targets_count: integer(
    'Healthy targets below which unhealthy ones are sent to as well.',
    { ...attribute, default: 1, min: 1 },
  ),
  unhealthy_state_routing_minimum_healthy_targets_percentage: text(
    'The same, as a share of all; off, or a number.',
    { ...attribute, default: 'off', check: offOrNumber },
  ),
  target_failover_on_deregistration: choice(
    ['no_rebalance', 'rebalance'],
    'Gateway: whether flows of a target that leaves go to another; AWS wants the same on_unhealthy.',
    { ...attribute, default: 'no_rebalance' },
  ),
  target_failover_on_unhealthy: choice(
    ['no_rebalance', 'rebalance'],
    'Gateway: whether flows of an unhealthy target go to another; AWS wants the same on_deregistration.',
    { ...attribute, default: 'no_rebalance' },
  ),
  send_tcp_reset_on_deregistration: boolean('Gateway: ends the flows of a target that leaves.', {
    ...attribute,
    default: false,
  }),
  send_tcp_reset_on_unhealthy: boolean('Gateway: ends the flows of an unhealthy target.', {
    ...attribute,
    default: false,
  }),
}

export const attributeNames = {
  deregistration_delay: 'deregistration_delay.timeout_seconds',
  slow_start: 'slow_start.duration_seconds',
  load_balancing_algorithm_type: 'load_balancing.algorithm.type',
  load_balancing_anomaly_mitigation: 'load_balancing.algorithm.anomaly_mitigation',
  load_balancing_cross_zone_enabled: 'load_balancing.cross_zone.enabled',
  stickiness_enabled: 'stickiness.enabled',
  stickiness_type: 'stickiness.type',
  stickiness_lb_cookie_duration: 'stickiness.lb_cookie.duration_seconds',
  stickiness_app_cookie_name: 'stickiness.app_cookie.cookie_name',
  stickiness_app_cookie_duration: 'stickiness.app_cookie.duration_seconds',
  lambda_multi_value_headers_enabled: 'lambda.multi_value_headers.enabled',
  proxy_protocol_v2_enabled: 'proxy_protocol_v2.enabled',
  preserve_client_ip_enabled: 'preserve_client_ip.enabled',
  deregistration_delay_connection_termination_enabled: 'deregistration_delay.connection_termination.enabled',
  unhealthy_connection_termination_enabled: 'target_health_state.unhealthy.connection_termination.enabled',
  unhealthy_draining_interval: 'target_health_state.unhealthy.draining_interval_seconds',
  dns_failover_minimum_healthy_targets_count:
    'target_group_health.dns_failover.minimum_healthy_targets.count',
  dns_failover_minimum_healthy_targets_percentage:
    'target_group_health.dns_failover.minimum_healthy_targets.percentage',
  unhealthy_state_routing_minimum_healthy_targets_count:
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count',
  unhealthy_state_routing_minimum_healthy_targets_percentage:
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage',
  target_failover_on_deregistration: 'target_failover.on_deregistration',
  target_failover_on_unhealthy: 'target_failover.on_unhealthy',
  send_tcp_reset_on_deregistration: 'send_tcp_reset.on_deregistration.enabled',
  send_tcp_reset_on_unhealthy: 'send_tcp_reset.on_unhealthy.enabled',
} as const satisfies Record<keyof typeof attributeColumns, string>

export const columns = {
  target_group_name: text('Name, up to 32 letters, digits and hyphens.', {
    required: true,
    replaces: 'after',
    check: `{} ~ '^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$'`,
  }),
  target_type: choice(
    ['instance', 'ip', 'lambda', 'alb'],
    'What its targets are; tasks of Fargate are of ip.',
    {
      ...anew,
      default: 'instance',
    },
  ),
  ip_address_type: choice(['ipv4', 'ipv6'], 'Addresses of its targets; null lets AWS choose.', anew),
  protocol: choice(protocols, 'What targets are spoken to in; none for lambda.', anew),
  protocol_version: choice(
    ['HTTP1', 'HTTP2', 'GRPC'],
    'HTTP and HTTPS: version; null lets AWS choose.',
    anew,
  ),
  port: integer('Port of targets that name none of their own; none for lambda.', {
    ...anew,
    min: 1,
    max: 65_535,
  }),
  vpc: reference('aws_vpc.vpc', 'VPC of its targets; none for lambda.', anew),
  health_check_enabled: boolean('Whether targets are checked; null: all but lambda.'),
  health_check_protocol: choice(protocols, 'What checks are made in; null lets AWS choose.'),
  health_check_port: text('Port of checks; null: traffic-port, that of the traffic.', {
    check: "{} ~ '^(traffic-port|[0-9]{1,5})$'",
  }),
  health_check_path: text('HTTP and HTTPS: path that is asked for; null lets AWS choose.'),
  health_check_interval_seconds: seconds('Between two checks; null lets AWS choose.', { min: 5, max: 300 }),
  health_check_timeout_seconds: seconds('After which a check has failed; null lets AWS choose.', {
    min: 2,
    max: 120,
  }),
  healthy_threshold_count: integer('Good checks after which a target is healthy; null lets AWS choose.', {
    min: 2,
    max: 10,
  }),
  unhealthy_threshold_count: integer('Failed checks after which it is not; null lets AWS choose.', {
    min: 2,
    max: 10,
  }),
  matcher: text('Codes of a good answer: 200, 200,202 or 200-299; for GRPC 0-99; null lets AWS choose.', {
    check: "{} ~ '^[0-9]+([,-][0-9]+)*$'",
  }),
  ...attributeColumns,
  target_group_arn: arn('ARN, made by AWS.', { output: true }),
  tags: tags(),
}
