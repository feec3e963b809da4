/** Whether the rule of a row exists, asked by its id. */
import { DescribeSecurityGroupRulesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> => {
  const SecurityGroupRuleIds = [String(row.security_group_rule_id)]
  return isThere(client(EC2Client).send(new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds })))
}
