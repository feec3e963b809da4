/** SELECT * FROM count_things(): a function of the module; delete it when there is none. */
import { DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { defineRpc } from '../kit/index.ts'

export const countThings = defineRpc({
  name: 'count_things',
  kind: 'read',
  role: 'viewer',
  arguments: [],
  columns: [{ name: 'count', type: 'bigint' }],
  description: 'Counts the things of the default region.',
  sampleUsage: 'SELECT * FROM count_things();',
  client: EC2Client,
  operations: ['DescribeKeyPairs'],
  syncs: [],
  async handler(_, { cloud }) {
    const { KeyPairs = [] } = await cloud.send(DescribeKeyPairsCommand, {})
    return [{ count: KeyPairs.length }]
  },
})
