/** The Lambda functions: one for each entry in `functions/`, bundled by esbuild. */
import { fileURLToPath } from 'node:url'
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { ApplicationLogLevel, Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

/** The socket's integrations have to answer within 29 seconds; what works on statements takes all that Lambda gives. */
const answering = { timeout: Duration.seconds(29), memorySize: 512 }
const working = { timeout: Duration.seconds(900), memorySize: 1_024 }
/** Over before the next minute's sweep begins, which does what this one did not get to. */
const sweeping = { timeout: Duration.seconds(55), memorySize: 512, retryAttempts: 0 }

const sizes = {
  authorize: { timeout: Duration.seconds(10), memorySize: 512 },
  'on-connect': answering,
  'on-disconnect': answering,
  'on-message': answering,
  'run-statements': working,
  'execute-statements': working,
  'step-execution': working,
  'purge-expired': working,
  'recover-runs': sweeping,
}

export type FunctionName = keyof typeof sizes

const root = fileURLToPath(new URL('..', import.meta.url))

/** ES modules, with what CommonJS dependencies expect; the parser looks for its WebAssembly beside the bundle. */
const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  bundleAwsSDK: true,
  minify: true,
  sourceMap: true,
  banner: [
    "import{createRequire as iasqlRequire}from'node:module'",
    "import{fileURLToPath as iasqlPath}from'node:url'",
    "import{dirname as iasqlDirname}from'node:path'",
    'const require=iasqlRequire(import.meta.url)',
    'const __filename=iasqlPath(import.meta.url)',
    'const __dirname=iasqlDirname(__filename)',
  ].join(';'),
  commandHooks: {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (inputDir, outputDir) => [
      `cp "${inputDir}/node_modules/libpg-query/wasm/libpg-query.wasm" "${outputDir}/"`,
    ],
  },
}

export class Functions extends Construct {
  readonly all: Readonly<Record<FunctionName, NodejsFunction>>

  constructor(scope: Construct, id: string, environment: Readonly<Record<string, string>>) {
    super(scope, id)
    const prefix = Stack.of(this).stackName
    const shared = {
      ...environment,
      NODE_OPTIONS: '--enable-source-maps',
      // By name: every function gets this environment, the one that it names included.
      IASQL_RUN_FUNCTION: `${prefix}-run-statements`,
    }
    const make = (name: FunctionName) =>
      new NodejsFunction(this, name, {
        ...sizes[name],
        functionName: `${prefix}-${name}`,
        entry: `${root}functions/${name}.ts`,
        projectRoot: root,
        depsLockFilePath: `${root}package-lock.json`,
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        tracing: Tracing.ACTIVE,
        loggingFormat: LoggingFormat.JSON,
        applicationLogLevelV2: ApplicationLogLevel.INFO,
        logGroup: new LogGroup(this, `${name}-log`, {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        environment: shared,
        bundling,
      })
    this.all = {
      authorize: make('authorize'),
      'on-connect': make('on-connect'),
      'on-disconnect': make('on-disconnect'),
      'on-message': make('on-message'),
      'run-statements': make('run-statements'),
      'execute-statements': make('execute-statements'),
      'step-execution': make('step-execution'),
      'purge-expired': make('purge-expired'),
      'recover-runs': make('recover-runs'),
    }
  }
}
