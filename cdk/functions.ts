/** The Lambda functions: one for each entry in `functions/`, all from one bundle. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { functionsCode } from './bundle.ts'
import type { DeadLetters } from './dead-letters.ts'
import { acknowledgeAnyResource } from './stars.ts'

interface Size {
  /** For the list of functions in the console. */
  readonly does: string
  readonly seconds: number
  readonly memory: number
  /** Of the account's concurrent executions, those kept for this function, which it cannot exceed either. */
  readonly concurrency?: number
  /** Invoked without anyone waiting: again this often when it fails, and then into the dead letters. */
  readonly retries?: 0 | 1 | 2
  /** What waited for its turn is begun by an invocation of itself: Lambda ends such a chain at the sixteenth unless told. */
  readonly invokesItself?: true
}

/** The socket's authorizer and integrations have to answer within 29 seconds, which a database needs to wake; what works on statements takes all that Lambda gives. */
const sizes = {
  authorize: { does: 'Decides who may connect', seconds: 29, memory: 512, concurrency: 50 },
  'on-connect': { does: 'Remembers a connection', seconds: 29, memory: 512, concurrency: 50 },
  'on-disconnect': { does: 'Forgets a connection', seconds: 29, memory: 512 },
  'on-message': { does: 'Takes what clients send', seconds: 29, memory: 512, concurrency: 100 },
  'http-api': {
    does: 'Health, tickets for browsers, the first owner',
    seconds: 29,
    memory: 512,
    concurrency: 20,
  },
  'run-statements': {
    does: 'Runs statements of a client',
    seconds: 900,
    memory: 1_024,
    concurrency: 200,
    retries: 2,
    invokesItself: true,
  },
  'execute-statements': {
    does: 'Runs on what took longer than one invocation',
    seconds: 900,
    memory: 1_024,
    concurrency: 100,
  },
  'step-execution': {
    does: 'One step of an apply, a sync or an install',
    seconds: 900,
    memory: 1_024,
    concurrency: 100,
  },
  'check-drift': {
    does: 'One step of a look for drift',
    seconds: 60,
    memory: 512,
    concurrency: 10,
  },
  'purge-expired': {
    does: 'Deletes what is kept no longer',
    seconds: 900,
    memory: 1_024,
    concurrency: 1,
    retries: 0,
  },
  // Over before the next minute's sweep begins, which does what this one did not get to.
  'recover-runs': {
    does: 'Takes up what was left alone',
    seconds: 55,
    memory: 512,
    concurrency: 1,
    retries: 0,
  },
  // Once a minute at most; what one round does not get to is due in the next.
  'start-drift-checks': {
    does: 'Begins drift checks and automatic applies',
    seconds: 55,
    memory: 512,
    concurrency: 1,
    retries: 0,
  },
  'rotate-secrets': {
    does: 'Replaces old passwords of tenants',
    seconds: 900,
    memory: 512,
    concurrency: 1,
    retries: 0,
  },
  'migrate-platform': {
    does: 'Brings the database up to date',
    seconds: 900,
    memory: 1_024,
    invokesItself: true,
  },
  'publish-dashboard': { does: 'Puts the pages into their bucket', seconds: 60, memory: 256 },
} as const satisfies Record<string, Size>

export type FunctionName = keyof typeof sizes

export const functionNames = Object.keys(sizes) as readonly FunctionName[]

/** Those that CloudFormation calls while it deploys; they have to be there before all the others are brought up to date. */
export const deployingFunctions = [
  'migrate-platform',
  'publish-dashboard',
] as const satisfies readonly FunctionName[]

interface FunctionsProps {
  readonly environment: Readonly<Record<string, string>>
  readonly deadLetters: DeadLetters
  readonly retention: RetentionDays
  readonly reserveConcurrency: boolean
}

export class Functions extends Construct {
  readonly all: Readonly<Record<FunctionName, LambdaFunction>>
  /** Changes when any source of a function does. */
  readonly version: string

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id)
    const code = functionsCode(functionNames)
    const made = functionNames.map((name) => [name, this.#make(name, code, props)] as const)
    this.all = Object.fromEntries(made) as Record<FunctionName, LambdaFunction>
    const { s3Location } = code.bind(this)
    this.version = s3Location?.objectKey ?? ''
  }

  #make(name: FunctionName, code: ReturnType<typeof functionsCode>, props: FunctionsProps): LambdaFunction {
    const { does, seconds, memory, concurrency, retries, invokesItself }: Size = sizes[name]
    const prefix = Stack.of(this).stackName
    const logGroup = new LogGroup(this, `${name}-log`, {
      logGroupName: `/aws/lambda/${prefix}-${name}`,
      retention: props.retention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, `${name}-role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(role)
    acknowledgeAnyResource(role, 'X-Ray knows no resources.')
    return new LambdaFunction(this, name, {
      functionName: `${prefix}-${name}`,
      description: does,
      role,
      code,
      handler: `${name}.handler`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(seconds),
      memorySize: memory,
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      logGroup,
      // By name: every function gets this environment, the one that it names included.
      environment: {
        ...props.environment,
        IASQL_RUN_FUNCTION: `${prefix}-run-statements`,
        IASQL_FUNCTION_SECONDS: String(seconds),
      },
      ...(props.reserveConcurrency && concurrency ? { reservedConcurrentExecutions: concurrency } : {}),
      ...(invokesItself ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(retries === undefined
        ? {}
        : {
            retryAttempts: retries,
            maxEventAge: Duration.hours(1),
            onFailure: props.deadLetters.destination(),
          }),
    })
  }
}
