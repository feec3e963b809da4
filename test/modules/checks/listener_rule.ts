/** Whether the rule of a row exists, asked by its ARN. */
import { DescribeRulesCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

/** Without the rule there is an error or an empty answer. */
export async function exists({ rule_arn }: CheckRow, client: ClientOf): Promise<boolean> {
  const asked = client(ElasticLoadBalancingV2Client).send(
    new DescribeRulesCommand({ RuleArns: [String(rule_arn)] }),
  )
  if (!(await isThere(asked))) return false
  return ((await asked).Rules ?? []).length > 0
}
