/** Entry of the CDK app: `npx cdk synth`, `npx cdk deploy`. Node runs it as it is written. */
import { App } from 'aws-cdk-lib'
import { IasqlStack } from './iasql-stack.ts'
import { OptionError, readOptions } from './options.ts'

const app = new App()
try {
  new IasqlStack(app, 'iasql', { options: readOptions(app.node.getAllContext()) })
  app.synth()
} catch (error) {
  if (!(error instanceof OptionError)) throw error
  console.error(`iasql: ${error.message}\nThe options are in docs/self-hosting.md.`)
  process.exitCode = 1
}
