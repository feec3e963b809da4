/** What CloudFormation has done at every deployment: the database brought up to date, the pages put into their bucket. */
import { CustomResource, Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { Database } from './database.ts'
import { deployingFunctions, type FunctionName, type Functions, functionNames } from './functions.ts'

interface DeploymentProps {
  readonly database: Database
  readonly functions: Functions
  /** What the pages have to know: written beside them. */
  readonly dashboard: Readonly<Record<string, string>>
}

export class Deployment extends Construct {
  constructor(scope: Construct, id: string, { functions, database, dashboard }: DeploymentProps) {
    super(scope, id)
    const call = (name: FunctionName, properties: Readonly<Record<string, string>>) => {
      const called = functions.all[name]
      const resource = new CustomResource(this, name, {
        resourceType: 'Custom::Iasql',
        serviceToken: called.functionArn,
        serviceTimeout: Duration.hours(1),
        // Called again whenever a source has changed.
        properties: { version: functions.version, ...properties },
      })
      // Its rights come in a policy of their own, which it must have before it is called.
      if (called.role) resource.node.addDependency(called.role)
      return resource
    }
    const migration = call('migrate-platform', {})
    // The Data API answers when an instance is there, which nothing else waits for.
    migration.node.addDependency(database.cluster)
    call('publish-dashboard', dashboard)
    // The schema is there before what uses it: until then the functions of the last version work on with the new schema.
    const served = functionNames.filter((name) => !deployingFunctions.some((deploying) => deploying === name))
    for (const name of served) functions.all[name].node.addDependency(migration)
  }
}
