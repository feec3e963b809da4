/** Entry of the CDK app: `npx cdk synth`, `npx cdk deploy`. Node runs it as it is written. */
import { App } from 'aws-cdk-lib'
import { IasqlStack } from './iasql-stack.ts'

const app = new App()
new IasqlStack(app, 'iasql')
app.synth()
