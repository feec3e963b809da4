/** Log groups. */
import { defineModule } from '../kit/index.ts'
import { leftOut } from './left-out.ts'
import { keptLogGroupExamples, logGroupExamples, protectedLogGroupExamples } from './log-group.examples.ts'
import { logGroup } from './log-group.ts'

export const awsCloudwatch = defineModule({
  name: 'aws_cloudwatch',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [logGroup],
  examples: [logGroupExamples, keptLogGroupExamples, protectedLogGroupExamples],
  leftOut,
})
