/** The foundation of every AWS module: which accounts and regions there are. */
import { defineModule } from '../kit/index.ts'
import { awsAccounts } from './aws-accounts.ts'
import { awsRegions } from './aws-regions.ts'
import { defaultsSql } from './sql/defaults.ts'

export const awsAccount = defineModule({
  name: 'aws_account',
  version: '0.1.0',
  tables: [awsRegions, awsAccounts],
  sql: [defaultsSql],
})
