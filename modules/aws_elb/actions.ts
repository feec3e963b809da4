/** What listeners and rules do with requests: forward them to groups, redirect them, or answer themselves. */
import type {
  Action,
  RedirectActionConfig,
  TargetGroupTuple,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  boolean,
  type CloudId,
  type ColumnDelta,
  choice,
  defineLines,
  IasqlError,
  integer,
  type LineOf,
  lineFrom,
  listOf,
  type Resolved,
  type RowOf,
  ref,
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

type GroupLine = LineOf<typeof listenerTargetGroup>

const clearable = { clearable: true } as const

const columnsOf = (lines: typeof listenerTargetGroup) => ({
  action_type: choice(['forward', 'redirect', 'fixed-response'], 'What becomes of requests.', {
    default: 'forward',
    interrupts: true,
  }),
  target_group_id: reference('aws_elb.target_group', 'forward: the one group that gets them.', {
    clearable: true,
    interrupts: true,
  }),
  target_groups: listOf(lines, { interrupts: true, holds: true }),
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

export const listenerActionColumns = columnsOf(listenerTargetGroup)
export const ruleActionColumns = columnsOf(listenerRuleTargetGroup as typeof listenerTargetGroup)

export const actionChecks = [
  {
    sql: "action_type = 'forward' OR (target_group_id IS NULL AND target_groups = '[]' AND NOT stickiness_enabled)",
    message: 'only forward has target groups',
  },
  {
    sql: "action_type <> 'forward' OR target_group_id IS NOT NULL OR target_groups <> '[]'",
    message: 'forward needs target_group_id or target_groups',
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

/** While its group is replaced, a listener must not refer to it, and must do something: what its row says is none of this. */
const unavailable = {
  Type: 'fixed-response',
  FixedResponseConfig: {
    StatusCode: '503',
    ContentType: 'text/plain',
    MessageBody: 'iasql is replacing the target group',
  },
} as const satisfies Action

const isUnavailable = ({ FixedResponseConfig: answer }: Partial<Action>): boolean =>
  answer?.StatusCode === unavailable.FixedResponseConfig.StatusCode &&
  answer.MessageBody === unavailable.FixedResponseConfig.MessageBody

const isCleared = ({ target_group_id, target_groups }: ColumnDelta<ActionRow>): boolean =>
  target_group_id?.to === null || target_groups?.to?.length === 0

/** `delta` is that of an update. */
export function actionsOf(want: Resolved<ActionRow>, delta: ColumnDelta<ActionRow> = {}): Action[] {
  switch (want.action_type) {
    case 'forward':
      return [forwardOf(want, isCleared(delta))]
    case 'redirect':
      return [{ Type: 'redirect', RedirectConfig: redirectOf(want) }]
    case 'fixed-response':
      return [
        {
          Type: 'fixed-response',
          FixedResponseConfig: {
            StatusCode: want.fixed_response_status_code ?? '503',
            ContentType: want.fixed_response_content_type ?? undefined,
            MessageBody: want.fixed_response_message_body ?? undefined,
          },
        },
      ]
  }
}

const tupleOf = ({ target_group_id, weight = 1 }: GroupLine): TargetGroupTuple => ({
  TargetGroupArn: target_group_id,
  Weight: weight,
})

function forwardOf(want: Resolved<ActionRow>, isForNow: boolean): Action {
  const own: CloudId | null = want.target_group_id
  if (own && want.target_groups.length === 0) return { Type: 'forward', TargetGroupArn: own.target_group_arn }
  if (!own && want.target_groups.length > 1)
    return {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: want.target_groups.map(tupleOf),
        TargetGroupStickinessConfig: {
          Enabled: want.stickiness_enabled,
          DurationSeconds: want.stickiness_duration ?? undefined,
        },
      },
    }
  if (!own && want.target_groups.length === 0 && isForNow) return unavailable
  throw new IasqlError(
    'cloud/invalid',
    'forward needs either target_group_id or several lines of target groups',
  )
}

/** What AWS says where a part of the address stays as it came. */
const kept = {
  Protocol: '#{protocol}',
  Port: '#{port}',
  Host: '#{host}',
  Path: '/#{path}',
  Query: '#{query}',
}

const redirectOf = (want: Resolved<ActionRow>): RedirectActionConfig => ({
  StatusCode: want.redirect_status_code ?? 'HTTP_301',
  Protocol: want.redirect_protocol ?? kept.Protocol,
  Port: want.redirect_port ?? kept.Port,
  Host: want.redirect_host ?? kept.Host,
  Path: want.redirect_path ?? kept.Path,
  Query: want.redirect_query ?? kept.Query,
})

/** The last action is what becomes of a request; what may stand before it asks who is there. */
export function actionRow(actions: readonly Action[] | undefined): ActionRow {
  const last: Partial<Action> = actions?.at(-1) ?? {}
  const action: Partial<Action> = isUnavailable(last) ? {} : last
  const type = action.Type === 'redirect' || action.Type === 'fixed-response' ? action.Type : 'forward'
  const answer = action.FixedResponseConfig
  return {
    action_type: type,
    ...forwardRow(type === 'forward' ? action : {}),
    ...redirectRow(action.RedirectConfig),
    fixed_response_status_code: answer?.StatusCode ?? null,
    fixed_response_content_type: (answer?.ContentType as ActionRow['fixed_response_content_type']) || null,
    fixed_response_message_body: answer?.MessageBody || null,
  }
}

type ForwardRow = Pick<
  ActionRow,
  'target_group_id' | 'target_groups' | 'stickiness_enabled' | 'stickiness_duration'
>

function forwardRow({ TargetGroupArn, ForwardConfig }: Partial<Action>): ForwardRow {
  const groups = ForwardConfig?.TargetGroups ?? []
  const [first] = groups
  const arn = groups.length > 1 ? undefined : (TargetGroupArn ?? first?.TargetGroupArn)
  const sticky = groups.length > 1 ? ForwardConfig?.TargetGroupStickinessConfig : undefined
  return {
    target_group_id: ref('aws_elb.target_group', arn ? { target_group_arn: arn } : null),
    target_groups:
      groups.length > 1
        ? groups.map((group) =>
            lineFrom(listenerTargetGroup, { target_group_id: group.TargetGroupArn, weight: group.Weight }),
          )
        : [],
    stickiness_enabled: sticky?.Enabled ?? false,
    stickiness_duration: sticky?.DurationSeconds ?? null,
  }
}

function redirectRow(config: RedirectActionConfig | undefined) {
  const said = (part: keyof typeof kept) => (config?.[part] === kept[part] ? null : config?.[part] || null)
  return {
    redirect_protocol: said('Protocol') as ActionRow['redirect_protocol'],
    redirect_port: said('Port'),
    redirect_host: said('Host'),
    redirect_path: said('Path'),
    redirect_query: said('Query'),
    redirect_status_code: config?.StatusCode ?? null,
  }
}
