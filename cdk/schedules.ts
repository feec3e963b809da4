/** What happens now and then without anybody asking. */
import { Duration, Stack } from 'aws-cdk-lib'
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleGroup, TimeWindow } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { FunctionName, Functions } from './functions.ts'

interface SchedulesProps {
  readonly functions: Functions
  readonly deadLetters: IQueue
  readonly sweepMinutes: number
}

interface Entry {
  readonly id: string
  readonly calls: FunctionName
  readonly description: string
  readonly everyMinutes: number
  /** Minutes within which it may come later: many schedules of many owners do not all fall on the full hour. */
  readonly jitterMinutes?: number
}

export class Schedules extends Construct {
  readonly group: ScheduleGroup

  constructor(scope: Construct, id: string, { functions, deadLetters, sweepMinutes }: SchedulesProps) {
    super(scope, id)
    this.group = new ScheduleGroup(this, 'Group', { scheduleGroupName: Stack.of(this).stackName })
    const entries: readonly Entry[] = [
      {
        id: 'PurgeExpired',
        calls: 'purge-expired',
        description: 'Deletes runs, events and results that are kept no longer',
        everyMinutes: 60,
        // Where the database sleeps, all that wakes it should come at once.
        ...(sweepMinutes < 60 ? { jitterMinutes: 10 } : {}),
      },
      {
        id: 'RotateSecrets',
        calls: 'rotate-secrets',
        description: 'Replaces passwords of tenants that are older than a month',
        everyMinutes: 1_440,
        ...(sweepMinutes < 60 ? { jitterMinutes: 60 } : {}),
      },
      {
        id: 'RecoverRuns',
        calls: 'recover-runs',
        description: 'Takes up runs and executions that were left alone',
        everyMinutes: sweepMinutes,
      },
      {
        id: 'StartDriftChecks',
        calls: 'start-drift-checks',
        description:
          'Begins the drift checks and automatic applies that are due; each tenant has an interval of its own',
        everyMinutes: sweepMinutes,
      },
    ]
    for (const entry of entries) this.#add(entry, functions, deadLetters)
  }

  #add(
    { id, calls, description, everyMinutes, jitterMinutes }: Entry,
    { all }: Functions,
    deadLetterQueue: IQueue,
  ): void {
    new Schedule(this, id, {
      description,
      scheduleGroup: this.group,
      schedule: ScheduleExpression.rate(Duration.minutes(everyMinutes)),
      timeWindow: jitterMinutes ? TimeWindow.flexible(Duration.minutes(jitterMinutes)) : TimeWindow.off(),
      // What one round misses is done by the next.
      target: new LambdaInvoke(all[calls], {
        role: this.#roleFor(id, all[calls], deadLetterQueue),
        retryAttempts: 0,
        maxEventAge: Duration.minutes(Math.min(30, Math.max(1, everyMinutes))),
        deadLetterQueue,
      }),
    })
  }

  /** To call the function itself, neither its versions nor aliases, and to lay down what it could not be called with. */
  #roleFor(id: string, { functionArn }: IFunction, { queueArn }: IQueue): IRole {
    const role = new Role(this, `${id}Role`, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    })
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }))
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }))
    return role.withoutPolicyUpdates()
  }
}
