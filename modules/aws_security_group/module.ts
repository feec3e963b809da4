/** Firewalls of networks: groups and their rules. */
import { defineModule } from '../kit/index.ts'
import { leftOut } from './left-out.ts'
import { securityGroupExamples } from './security-group.examples.ts'
import { securityGroup } from './security-group.ts'
import {
  egressRuleExamples,
  groupRuleExamples,
  securityGroupRuleExamples,
} from './security-group-rule.examples.ts'
import { securityGroupRule } from './security-group-rule.ts'

export const awsSecurityGroup = defineModule({
  name: 'aws_security_group',
  version: '0.1.0',
  requires: ['aws_account', 'aws_vpc'],
  tables: [securityGroup, securityGroupRule],
  examples: [securityGroupExamples, securityGroupRuleExamples, egressRuleExamples, groupRuleExamples],
  leftOut,
})
