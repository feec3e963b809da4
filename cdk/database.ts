/** Aurora PostgreSQL Serverless v2, reached by the Data API alone: its subnets have no way out and nothing opens its port. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

/** A statement may hold a secret, so the server never writes one into its log. */
const silentLog = {
  log_statement: 'none',
  // Above errors, whose first line quotes what was written.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
  'pg_stat_statements.track_utility': '0',
}

export class Database extends Construct {
  readonly name = 'iasql'
  readonly cluster: DatabaseCluster
  /** Login of the role `iasql_platform`, which owns what no tenant sees. */
  readonly platformSecret: Secret

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const key = new Key(this, 'Key', { enableKeyRotation: true, description: 'iasql database storage' })
    this.platformSecret = new Secret(this, 'PlatformSecret', {
      description: 'Login of the role iasql_platform',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'iasql_platform' }),
        generateStringKey: 'password',
        passwordLength: 40,
        excludePunctuation: true,
      },
    })
    const vpc = new Vpc(this, 'Network', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
    })
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
      parameters: { ...silentLog, 'rds.force_ssl': '1' },
      credentials: Credentials.fromSecret(this.platformSecret),
      defaultDatabaseName: this.name,
      writer: ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
      serverlessV2MinCapacity: 0.5,
      serverlessV2MaxCapacity: 8,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      enableDataApi: true,
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(14) },
      copyTagsToSnapshot: true,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }
}
