/** What rows say of requests: groups that they are forwarded to, where they are redirected, what they are answered. */
import {
  boolean,
  type ColumnOptions,
  choice,
  defineLines,
  integer,
  type LineOf,
  listOf,
  type RowOf,
  reference,
  seconds,
  text,
} from '../kit/index.ts'

const groupColumns = {
  target_group_id: reference('aws_elb.target_group', 'Group that gets a share of the requests.', {
    by: 'target_group_arn',
    required: true,
  }),
  weight: integer('Its share, beside those of the others.', { default: 1, min: 0, max: 999 }),
}

export const listenerTargetGroup = defineLines({
  name: 'listener_target_group',
  description:
    'One of several target groups that a listener forwards to, once target_group_id is null; a single one is given there.',
  parent: 'listener',
  via: 'listener_id',
  list: 'target_groups',
  key: ['target_group_id'],
  columns: groupColumns,
})

export const listenerRuleTargetGroup = defineLines({
  ...listenerTargetGroup,
  name: 'listener_rule_target_group',
  description:
    'One of several target groups that a rule forwards to, once target_group_id is null; a single one is given there.',
  parent: 'listener_rule',
  via: 'listener_rule_id',
})

export type GroupLine = LineOf<typeof listenerTargetGroup>

const clearable = { clearable: true } as const

type Kept = Pick<ColumnOptions<never>, 'keptWhere'>

const columnsOf = (lines: typeof listenerTargetGroup, kept: Kept = {}) => ({
  action_type: choice(['forward', 'redirect', 'fixed-response'], 'What becomes of requests.', {
    default: 'forward',
    interrupts: true,
  }),
  target_group_id: reference('aws_elb.target_group', 'forward: the one group that gets them.', {
    ...kept,
    clearable: true,
    interrupts: true,
  }),
  target_groups: listOf(lines, { ...kept, interrupts: true, holds: true }),
  stickiness_enabled: boolean('forward to several: a client stays with its group.', { default: false }),
  stickiness_duration: seconds('forward to several: for which it does.', {
    ...clearable,
    min: 1,
    max: 604_800,
  }),
  redirect_protocol: choice(['HTTP', 'HTTPS'], 'redirect: to this protocol; null: the same.', clearable),
  redirect_port: text('redirect: to this port; null: the same.', {
    ...clearable,
    check: "{} ~ '^[0-9]{1,5}$'",
  }),
  redirect_host: text('redirect: to this host, may contain #{host}; null: the same.', clearable),
  redirect_path: text('redirect: to this path, may contain #{path}; null: the same.', clearable),
  redirect_query: text('redirect: with this query, may contain #{query}; null: the same.', clearable),
  redirect_status_code: choice(
    ['HTTP_301', 'HTTP_302'],
    'redirect: whether for ever (HTTP_301) or for now (HTTP_302).',
    clearable,
  ),
  fixed_response_status_code: text('fixed-response: code such as 404.', {
    ...clearable,
    check: "{} ~ '^[245][0-9][0-9]$'",
  }),
  fixed_response_content_type: choice(
    ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'],
    'fixed-response: what its text is.',
    clearable,
  ),
  fixed_response_message_body: text('fixed-response: its text.', {
    ...clearable,
    check: 'length({}) <= 1024',
  }),
})

/** Listeners of network and gateway load balancers (those without a protocol) only forward. */
const keptWhere = { column: 'protocol', values: ['TCP', 'TLS', 'UDP', 'TCP_UDP', null] }

export const listenerActionColumns = columnsOf(listenerTargetGroup, { keptWhere })
export const ruleActionColumns = columnsOf(listenerRuleTargetGroup as typeof listenerTargetGroup)

export const actionChecks = [
  {
    sql: "action_type = 'forward' OR (target_group_id IS NULL AND target_groups = '[]' AND NOT stickiness_enabled)",
    message: 'only forward has target groups',
  },
  {
    sql: "action_type <> 'forward' OR target_group_id IS NOT NULL OR target_groups <> '[]'",
    message: 'forward needs target_group_id or target_groups',
    // Lines come by a statement of their own.
    late: true,
  },
  {
    sql: `(action_type = 'redirect') = (redirect_status_code IS NOT NULL) AND (action_type = 'redirect'
      OR coalesce(redirect_protocol, redirect_port, redirect_host, redirect_path, redirect_query) IS NULL)`,
    message: 'redirect, and nothing else, has redirect columns; it needs redirect_status_code',
  },
  {
    sql: `(action_type = 'fixed-response') = (fixed_response_status_code IS NOT NULL) AND (action_type = 'fixed-response'
      OR coalesce(fixed_response_content_type, fixed_response_message_body) IS NULL)`,
    message: 'fixed-response, and nothing else, has its columns; it needs fixed_response_status_code',
  },
]

export type ActionRow = RowOf<typeof listenerActionColumns>
