/** The definitions of `statemachines/` as Step Functions machines that may call what their tasks name, and nothing else. */
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Definition } from '#statemachines/definition.ts'
import { executionMachine } from '#statemachines/execution.ts'
import { runMachine } from '#statemachines/run.ts'
import type { Functions } from './functions.ts'

export interface StateMachineArns {
  readonly run: string
  readonly execution: string
}

type MachineName = keyof StateMachineArns

const physicalName = (scope: Construct, machine: MachineName) => `${Stack.of(scope).stackName}-${machine}`

/** By name: functions know the machines that call them, and a machine starts its own successor. */
export function stateMachineArns(scope: Construct): StateMachineArns {
  const arn = (machine: MachineName) =>
    Stack.of(scope).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: physicalName(scope, machine),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  return { run: arn('run'), execution: arn('execution') }
}

export class StateMachines extends Construct {
  constructor(scope: Construct, id: string, { all }: Functions) {
    super(scope, id)
    const arns = stateMachineArns(this)
    const execution = this.#machine('execution', executionMachine, {
      stepExecutionFunction: all['step-execution'].functionArn,
    })
    all['step-execution'].grantInvoke(execution)
    const run = this.#machine('run', runMachine, {
      executeStatementsFunction: all['execute-statements'].functionArn,
      executionMachine: arns.execution,
    })
    all['execute-statements'].grantInvoke(run)
    run.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arns.run, arns.execution] }),
    )
    execution.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arns.execution] }),
    )
    for (const machine of [run, execution]) this.#permitWaiting(machine)
  }

  #machine(
    name: MachineName,
    definition: Definition,
    values: Readonly<Record<string, string>>,
  ): StateMachine {
    return new StateMachine(this, name, {
      stateMachineName: physicalName(this, name),
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: { ...values },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ERROR,
        includeExecutionData: false,
        destination: new LogGroup(this, `${name}-log`, {
          logGroupName: `/aws/vendedlogs/states/${physicalName(this, name)}`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    })
  }

  /** What `startExecution.sync:2` on machine `execution` takes: to look, to stop, and the rule by which Step Functions hears. */
  #permitWaiting(machine: StateMachine): void {
    const stack = Stack.of(this)
    machine.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [
          stack.formatArn({
            service: 'states',
            resource: 'execution',
            resourceName: `${physicalName(this, 'execution')}:*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
    )
    machine.addToRolePolicy(
      new PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
          }),
        ],
      }),
    )
  }
}
