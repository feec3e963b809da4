/** Rules of listeners: what becomes of requests that meet conditions, in the order of priorities. */
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  type Rule,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CloudApi, defineTable, grouped, ref } from '../kit/index.ts'
import { actionChecks } from './action-columns.ts'
import { actionRow } from './actions.ts'
import { conditionChecks, conditionRow } from './conditions.ts'
import { byArns, listenersOf, loadBalancers, withTags } from './describe.ts'
import { columns, idOf, type Row, rulesOf, type SeenRule } from './rules.ts'
import { createRules, deleteRules, updateRules } from './write-rules.ts'

/** Rules of a load balancer, unless AWS was asked for more. */
const mostRules = 100

/** The ARN of a rule is that of its listener, with its own name behind. */
const listenerArnOf = ({ RuleArn = '' }: Rule): string =>
  RuleArn.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, '')

const hydrate = async (rules: readonly Rule[], elb: CloudApi): Promise<readonly SeenRule[]> =>
  (await withTags(rules, ({ RuleArn }) => RuleArn, elb)).map(({ item, tags }) => ({ rule: item, tags }))

export const listenerRule = defineTable({
  name: 'listener_rule',
  description: 'What becomes of requests to a listener that meet all conditions given here.',
  naturalKey: ['listener_id', 'priority'],
  named: true,
  holdsData: false,
  settleMs: 15_000,
  hydrates: ['tags'],
  checks: [...conditionChecks, ...actionChecks],
  columns,
  mapper: grouped<Row, SeenRule>(
    {
      client: ElasticLoadBalancingV2Client,
      operations: [
        'DescribeLoadBalancers',
        'DescribeListeners',
        'DescribeRules',
        'DescribeTags',
        'CreateRule',
        'ModifyRule',
        'SetRulePriorities',
        'AddTags',
        'RemoveTags',
        'DeleteRule',
      ],
      idOf,
      async *list(_, elb) {
        const listeners = await listenersOf(loadBalancers(elb), elb)
        const rules = await elb.each(listeners, ({ ListenerArn }) => rulesOf(ListenerArn, elb))
        for (const rule of rules.flat()) yield { rule }
      },
      async get(ids, elb) {
        const arns = ids.map(({ rule_arn = '' }) => rule_arn)
        const read = async (RuleArns: string[]) =>
          (await elb.send(DescribeRulesCommand, { RuleArns })).Rules ?? []
        return hydrate(await byArns(arns, elb, read), elb)
      },
      async findByName({ listener_id, priority }, elb) {
        const rules = await rulesOf(listener_id.listener_arn, elb)
        const found = rules.find(({ Priority }) => Priority === String(priority))
        return found && (await hydrate([found], elb))[0]
      },
      toRow: ({ rule, tags: own = {} }) => ({
        listener_id: ref('aws_elb.listener', { listener_arn: listenerArnOf(rule) }),
        priority: Number(rule.Priority),
        ...conditionRow(rule.Conditions),
        ...actionRow(rule.Actions),
        rule_arn: rule.RuleArn ?? null,
        tags: own,
      }),
    },
    {
      by: {
        create: ['listener_id', 'priority'],
        update: ['listener_id'],
        delete: ['listener_id', 'priority'],
      },
      max: mostRules,
      write: { create: createRules, update: updateRules, delete: deleteRules },
    },
  ),
})
