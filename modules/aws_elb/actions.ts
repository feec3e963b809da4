/** What listeners and rules do with requests: forward them to groups, redirect them, or answer themselves. */
import type {
  Action,
  RedirectActionConfig,
  TargetGroupTuple,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CloudId, type ColumnDelta, IasqlError, lineFrom, type Resolved, ref } from '../kit/index.ts'
import { type ActionRow, type GroupLine, listenerTargetGroup } from './action-columns.ts'

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
