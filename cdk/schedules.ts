/** What happens now and then without anybody asking. */
import { Duration } from 'aws-cdk-lib'
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import { Construct } from 'constructs'
import type { Functions } from './functions.ts'

export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { all }: Functions) {
    super(scope, id)
    new Schedule(this, 'PurgeExpired', {
      description: 'Deletes runs, events and results that are kept no longer',
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      // What one round misses is done by the next.
      target: new LambdaInvoke(all['purge-expired'], { retryAttempts: 0, maxEventAge: Duration.minutes(30) }),
    })
    new Schedule(this, 'RecoverRuns', {
      description: 'Takes up runs and executions that were left alone',
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(all['recover-runs'], { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
    })
  }
}
