/** The definitions of `statemachines/` as Step Functions machines that may call what their tasks name, and nothing else. */
import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Definition } from '#statemachines/definition.ts'
import { driftMachine } from '#statemachines/drift.ts'
import { executionMachine } from '#statemachines/execution.ts'
import { runMachine } from '#statemachines/run.ts'
import type { Functions } from './functions.ts'
import { acknowledgeAnyResource, acknowledgeStars } from './stars.ts'

export interface StateMachineArns {
  readonly run: string
  readonly execution: string
  readonly drift: string
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
  return { run: arn('run'), execution: arn('execution'), drift: arn('drift') }
}

/** The function itself; neither versions nor aliases are used. */
const allowCalls = (machine: StateMachine, { functionArn }: IFunction): void =>
  machine.addToRolePolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
  )

interface StateMachinesProps {
  readonly functions: Functions
  readonly retention: RetentionDays
}

export class StateMachines extends Construct {
  readonly all: Readonly<Record<MachineName, StateMachine>>
  readonly #retention: RetentionDays

  constructor(scope: Construct, id: string, { functions: { all }, retention }: StateMachinesProps) {
    super(scope, id)
    this.#retention = retention
    const arns = stateMachineArns(this)
    const execution = this.#machine('execution', executionMachine, {
      stepExecutionFunction: all['step-execution'].functionArn,
    })
    allowCalls(execution, all['step-execution'])
    const run = this.#machine('run', runMachine, {
      executeStatementsFunction: all['execute-statements'].functionArn,
      executionMachine: arns.execution,
    })
    allowCalls(run, all['execute-statements'])
    run.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arns.run, arns.execution] }),
    )
    const drift = this.#machine('drift', driftMachine, {
      checkDriftFunction: all['check-drift'].functionArn,
      executionMachine: arns.execution,
    })
    allowCalls(drift, all['check-drift'])
    drift.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arns.execution] }),
    )
    execution.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arns.execution] }),
    )
    for (const machine of [run, execution, drift]) {
      this.#permitWaiting(machine)
      Validations.of(machine).acknowledge({
        id: 'AwsSolutions-SF1',
        reason: 'Errors are logged; every step that went well is a row and an event of its tenant already.',
      })
      acknowledgeAnyResource(machine, 'Delivery of logs, and X-Ray, know no resources.')
    }
    this.all = { run, execution, drift }
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
          retention: this.#retention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    })
  }

  /** What `startExecution.sync:2` on machine `execution` takes: to look, to stop, and the rule by which Step Functions hears. */
  #permitWaiting(machine: StateMachine): void {
    const stack = Stack.of(this)
    const executions = stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${physicalName(this, 'execution')}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    machine.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [executions],
      }),
    )
    acknowledgeStars(
      machine,
      [executions],
      'Executions are named as they are started; the machine is this one.',
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
