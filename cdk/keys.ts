/** The one key under which the database, its secrets, topics and queues are encrypted, and what keeps it when the stack goes. */
import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

export class Keys extends Construct {
  readonly data: Key
  /** The key under which the text of runs is stored: 64 hexadecimal digits, 32 bytes for AES-256. */
  readonly runText: Secret
  /** Shown once, to whoever may read this secret: who has it may become the first owner. */
  readonly firstOwner: Secret

  constructor(scope: Construct, id: string, removalPolicy: RemovalPolicy) {
    super(scope, id)
    this.data = new Key(this, 'Data', {
      description: 'iasql: database, secrets, topics and queues',
      enableKeyRotation: true,
      // A snapshot is worth nothing without its key.
      removalPolicy,
      pendingWindow: Duration.days(30),
    })
    // Services that write into encrypted topics; EventBridge knows no condition there.
    const account = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } }
    for (const [service, conditions] of [
      ['cloudwatch', account],
      ['events', {}],
    ] as const) {
      this.data.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: ['*'],
          conditions,
        }),
      )
    }
    this.runText = new Secret(this, 'RunText', {
      description: 'iasql: key of the text of runs',
      encryptionKey: this.data,
      removalPolicy,
      generateSecretString: {
        passwordLength: 64,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
      },
    })
    this.firstOwner = new Secret(this, 'FirstOwner', {
      secretName: `${Stack.of(this).stackName}/first-owner`,
      description: 'iasql: makes whoever shows it the first owner, once',
      encryptionKey: this.data,
      generateSecretString: { passwordLength: 40, excludePunctuation: true },
    })
    Validations.of(this.runText).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Runs under way are stored under it; their text goes when they end, and a new key would end them.',
    })
    Validations.of(this.firstOwner).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'It is used once, and worth nothing from then on.',
    })
  }
}
