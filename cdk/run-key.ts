/** The key under which the text of runs is stored: outside the database, for the functions that read or write such text. */
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

export class RunKey extends Construct {
  /** 64 hexadecimal digits: 32 bytes for AES-256. */
  readonly secret: Secret

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.secret = new Secret(this, 'Secret', {
      description: 'Key of the text of runs',
      generateSecretString: {
        passwordLength: 64,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
      },
    })
  }
}
