/** The whole product in one account and region: socket, functions, state machines, database. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Database } from './database.ts'
import { Functions } from './functions.ts'
import { allow } from './permissions.ts'
import { RunKey } from './run-key.ts'
import { Schedules } from './schedules.ts'
import { SocketApi } from './socket-api.ts'
import { StateMachines, stateMachineArns } from './state-machines.ts'

export class IasqlStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, { description: 'iasql: AWS infrastructure as PostgreSQL tables', ...props })
    const database = new Database(this, 'Database')
    const runKey = new RunKey(this, 'RunKey')
    const socket = new SocketApi(this, 'Socket')
    const machineArns = stateMachineArns(this)
    const functions = new Functions(this, 'Functions', {
      IASQL_CLUSTER_ARN: database.cluster.clusterArn,
      IASQL_PLATFORM_SECRET_ARN: database.platformSecret.secretArn,
      IASQL_DATABASE: database.name,
      IASQL_RUN_KEY_SECRET: runKey.secret.secretArn,
      IASQL_RUN_MACHINE_ARN: machineArns.run,
      IASQL_EXECUTION_MACHINE_ARN: machineArns.execution,
      IASQL_CONNECTIONS_ENDPOINT: socket.connectionsEndpoint,
      // Pages that browsers may connect from; programs send no Origin.
      IASQL_ALLOWED_ORIGINS: String(this.node.tryGetContext('allowedOrigins') ?? ''),
    })
    new StateMachines(this, 'StateMachines', functions)
    new Schedules(this, 'Schedules', functions)
    socket.route(functions)
    allow({ functions, database, runKey, socket, machineArns })

    new CfnOutput(this, 'SocketUrl', { value: socket.stage.url, description: 'Where clients connect' })
    new CfnOutput(this, 'ClusterArn', { value: database.cluster.clusterArn })
    new CfnOutput(this, 'PlatformSecretArn', { value: database.platformSecret.secretArn })
  }
}
