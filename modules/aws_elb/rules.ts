/** Rules of listeners as AWS tells of them, and what a row says of one. */
import { DescribeRulesCommand, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  arn,
  type CloudApi,
  type Columns,
  integer,
  type RowOf,
  reference,
  type TagMap,
  tags,
  unlessAbsent,
} from '../kit/index.ts'
import { ruleActionColumns } from './action-columns.ts'
import { conditionColumns } from './conditions.ts'

/** Sent by a call of each rule, where places go by one of all. */
const ofRule = <Own extends Columns>(own: Own): Own =>
  Object.fromEntries(
    Object.entries(own).map(([name, column]) => [name, { ...column, part: 'rule', ownCall: ['update'] }]),
  ) as Columns as Own

export const columns = {
  listener_id: reference('aws_elb.listener', 'Listener whose requests it is for.', {
    required: true,
    replaces: 'after',
  }),
  priority: integer('Place among the rules of the listener: the lowest number is asked first.', {
    required: true,
    min: 1,
    max: 50_000,
  }),
  ...ofRule(conditionColumns),
  ...ofRule(ruleActionColumns),
  rule_arn: arn('ARN, made by AWS.', { output: true }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>

export interface SeenRule {
  readonly rule: Rule
  /** Absent in a list. */
  readonly tags?: TagMap
}

export const idOf = ({ rule }: Pick<SeenRule, 'rule'>) => ({ rule_arn: rule.RuleArn ?? '' })

/** What becomes of all other requests is a rule of AWS's as well, and here part of the listener. */
export async function rulesOf(ListenerArn: string | undefined, elb: CloudApi): Promise<readonly Rule[]> {
  const found = elb.pages(DescribeRulesCommand, { ListenerArn, PageSize: 400 }, (page) => page.Rules)
  const rules = (await unlessAbsent(Array.fromAsync(found))) ?? []
  return rules.filter(({ IsDefault }) => !IsDefault)
}
